#include "base/toml.h"

#include <gmock/gmock.h>
#include <toml++/toml.h>

#include <cmath>

#include "base/error.h"

namespace triaxis {
namespace {

TEST(TomlTest, BrokenTextNamesFileLineAndColumn) {
  try {
    parse_toml("[model]\nlayers = = 2\n", "run.toml");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("run.toml:2:10: this is not TOML: "));
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("\n")));
  }
}

TEST(TomlTest, PlaceIsFileAndLine) {
  toml::table table = parse_toml("[model]\n\nlayers = 2\n", "run.toml");
  EXPECT_EQ(place(*table.at_path("model.layers").node()), "run.toml:3");
}

TEST(TomlTest, QuotedTextsAndNumbersReadBackTheSame) {
  for (const std::string text : {"plain", "a \"b\" \\c", "two\nlines\tand \x01\x7f", "größer", ""}) {
    EXPECT_EQ(parse_toml("v = " + toml_string(text), "t")["v"].value<std::string>(), text);
    EXPECT_EQ(toml_string(text).find('\n'), std::string::npos);
  }
  for (double value : {0.1, 3e-4, 1e-8, 1.0, 600.0, 1e300, 5e-324, -2.5, 1e16, HUGE_VAL}) {
    EXPECT_EQ(parse_toml("v = " + toml_number(value), "t")["v"].value_exact<double>(), value);
  }
}

}  // namespace
}  // namespace triaxis
