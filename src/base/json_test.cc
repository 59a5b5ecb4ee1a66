#include "base/json.h"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace triaxis {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

std::string parse_error(const std::string& text) {
  return error_of([&] { parse_json(text, "a.json"); });
}

TEST(Json, ReadsWhatJsonHas) {
  const std::string text =
      R"( {"a": [1, -2, 2.5, true, null, "ü\n"], "b": {"c": {}, "d": []}, "": 18446744073709551615} )";
  EXPECT_EQ(parse_json(text, "a.json"), nlohmann::json::parse(text));
  EXPECT_EQ(parse_json("3", "a.json"), nlohmann::json(3));
}

TEST(Json, RefusesWhatIsNone) {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "[",
                                 "]",
                                 "{]",
                                 "[1,]",
                                 "{\"a\"}",
                                 "{\"a\":1,}",
                                 "nul",
                                 "\"a",
                                 "'a'",
                                 "01",
                                 "+1",
                                 "1e999",
                                 "NaN",
                                 "{} {}",
                                 "{}x",
                                 "[1] ,",
                                 "\"\x01\"",
                                 "\"\xff\"",
                                 "\"\xc3\"",
                                 "\"\xed\xa0\x80\"",
                                 "\"\\ud800\"",
                                 "// a\n1"}) {
    EXPECT_THAT(parse_error(text), AllOf(StartsWith("a.json: no valid JSON"), Not(HasSubstr("\n")))) << text;
  }
  EXPECT_THAT(parse_error(std::string("{}\0", 3)), StartsWith("a.json: no valid JSON"));
}

TEST(Json, RefusesTwoMembersOfOneName) {
  EXPECT_THAT(parse_error(R"([{"a": 1, "b": 2, "a": 1}])"), HasSubstr("a.json: two members are named \"a\""));
  EXPECT_THAT(parse_error(R"({"a": 1, "\u0061": 2})"), HasSubstr("two members"));
  EXPECT_EQ(parse_error(R"({"a": {"a": 1}, "b": {"a": 1}})"), "no error");
}

TEST(Json, RefusesDeepNestingAtOnce) {
  const std::string deep(1 << 20, '[');
  EXPECT_THAT(parse_error(deep), HasSubstr("nested deeper than 16 levels"));
  EXPECT_EQ(parse_error("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), "no error");
  EXPECT_THAT(parse_error("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), HasSubstr("nested deeper"));
}

TEST(Json, TakesLinearTime) {
  std::string many = "[{}";
  for (int i = 0; i < 200'000; ++i) many += ",{}";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_json(many + "]", "a.json").size(), 200'001U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));  // quadratic: minutes
}

TEST(Json, QuotesOnOneLine) {
  EXPECT_EQ(json_quoted("a\n\"b\""), R"("a\n\"b\"")");
  EXPECT_EQ(json_quoted("\xff"), R"("\ufffd")");
  EXPECT_LT(json_quoted(std::string(1000, 'x')).size(), 100U);
}

TEST(Json, ReadsMembersByType) {
  const nlohmann::json value = parse_json(
      R"({"i": 7, "n": -1, "huge": 18446744073709551615, "f": 2.5, "s": "x", "a": [1], "null": null, "o": {"k": true}, "h": "00ff00ff00ff00ff"})",
      "a.json");
  const JsonObject object(value, "a.json");
  EXPECT_EQ(object.integer("i", 0, 7), 7);
  EXPECT_EQ(object.integer("n", -1), -1);
  EXPECT_EQ(object.number("f"), 2.5);
  EXPECT_EQ(object.number("i"), 7.0);
  EXPECT_EQ(object.string("s"), "x");
  EXPECT_EQ(object.array("a").size(), 1U);
  EXPECT_TRUE(object.object("o").boolean("k"));
  EXPECT_EQ(object.hash("h"), 0x00ff00ff00ff00ffU);
  EXPECT_TRUE(object.has("i"));
  EXPECT_FALSE(object.has("j"));
  EXPECT_TRUE(object.has("null"));
  EXPECT_FALSE(object.has_value("null"));
  EXPECT_TRUE(object.has_value("i"));

  EXPECT_EQ(error_of([&] { object.integer("i", 8); }),
            "a.json: \"i\": must be a whole number in [8, 9223372036854775807]");
  EXPECT_THAT(error_of([&] { object.integer("i", 0, 6); }), HasSubstr("[0, 6]"));
  EXPECT_THAT(error_of([&] { object.integer("huge", 0); }), HasSubstr("must be a whole number in"));
  EXPECT_EQ(error_of([&] { object.integer("f", 0); }), "a.json: \"f\": must be a whole number");
  EXPECT_EQ(error_of([&] { object.integer("j", 0); }), "a.json: \"j\" is missing");
  EXPECT_EQ(error_of([&] { object.string("i"); }), "a.json: \"i\": must be a string");
  EXPECT_EQ(error_of([&] { object.array("i"); }), "a.json: \"i\": must be an array");
  EXPECT_EQ(error_of([&] { object.number("s"); }), "a.json: \"s\": must be a number");
  EXPECT_EQ(error_of([&] { object.boolean("i"); }), "a.json: \"i\": must be true or false");
  EXPECT_EQ(error_of([&] { object.object("i"); }), "a.json: \"i\": must be a JSON object");
  EXPECT_EQ(error_of([&] { object.object("o").integer("k", 0); }), "a.json: \"o\": \"k\": must be a whole number");
  EXPECT_EQ(error_of([&] { object.hash("s"); }), "a.json: \"s\": must be 16 lower-case hexadecimal digits");
  EXPECT_EQ(error_of([&] { object.object("o").expect_only({"x", "y"}); }), "a.json: \"o\": unknown member \"k\"");
}

TEST(Json, RefusesHashesThatAreNotCanonical) {
  for (const std::string text : {"", "0", "00ff00ff00ff00f", "00ff00ff00ff00ff0", "00FF00ff00ff00ff",
                                 "0x0f00ff00ff00ff", " 0ff00ff00ff00ff", "-0ff00ff00ff00ff", "00ff00ff00ff00fg"}) {
    const nlohmann::json value = {{"h", text}};
    EXPECT_THAT(error_of([&] { JsonObject(value, "a.json").hash("h"); }), HasSubstr("16 lower-case")) << text;
  }
}

}  // namespace
}  // namespace triaxis
