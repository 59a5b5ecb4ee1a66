#include "checkpoint/index.h"

#include <gmock/gmock.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"

namespace triaxis {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

CheckpointIndex small_index() {
  CheckpointIndex index;
  index.step = 3;
  index.sequences = 96;
  index.losses = {5.5, 1.0, 0.1};
  index.configuration = "[model]\nfamily = \"gpt2\"\n";
  index.data_checksum = "0011223344556677";
  index.files = {{"rank-00000.safetensors", 1234, 0xfedcba9876543210}, {"rank-00001.safetensors", 99, 7}};
  index.tensors = {{"rows", {4, 3}, {{0, {0, 1, 0, 3}}, {1, {1, 4, 0, 3}}}},
                   {"columns", {4, 3}, {{1, {0, 4, 0, 2}}, {0, {0, 4, 2, 3}}}},
                   {"vector", {5}, {{0, {0, 5, 0, 1}}}}};
  return index;
}

/// The body after the first line under its right checksum.
std::string with_checksum(const std::string& body) {
  return "{\"checksum\":\"" + hash_hex(std::as_bytes(std::span(body))) + "\",\n" + body;
}

std::string error_of(const std::string& text) {
  try {
    parse_index(text, "i.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

/// What the parser says of the small index with one text put for another and the checksum made right again.
std::string error_after(const std::string& old_text, const std::string& new_text) {
  const std::string text = to_text(small_index());
  std::string body = text.substr(text.find('\n') + 1);
  const std::size_t at = body.find(old_text);
  if (at == std::string::npos) return old_text + " is not in the index";
  body.replace(at, old_text.size(), new_text);
  return error_of(with_checksum(body));
}

TEST(Index, ReadsWhatItWrites) {
  EXPECT_EQ(parse_index(to_text(small_index()), "i.json"), small_index());
  EXPECT_EQ(parse_index(to_text({}), "i.json"), CheckpointIndex{});
}

TEST(Index, IsJsonAndStartsWithItsChecksum) {
  const std::string text = to_text(small_index());
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["step"], 3);
  EXPECT_EQ(json["files"][0]["header_hash"], "fedcba9876543210");
  EXPECT_EQ(text, with_checksum(text.substr(text.find('\n') + 1)));
}

TEST(Index, LossesKeepTheirBits) {
  CheckpointIndex index = small_index();
  index.losses = {0.0,
                  -0.0,
                  1.0,
                  1e20,
                  1.0 / 3,
                  5e-324,
                  std::numeric_limits<double>::max(),
                  0x1.fffffffffffffp-1,
                  HUGE_VAL,
                  -HUGE_VAL,
                  std::bit_cast<double>(0x7ff8dead0000beefULL)};
  const CheckpointIndex back = parse_index(to_text(index), "i.json");
  ASSERT_EQ(back.losses.size(), index.losses.size());
  for (std::size_t i = 0; i < index.losses.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back.losses[i]), std::bit_cast<std::uint64_t>(index.losses[i])) << i;
}

TEST(Index, EveryFlippedBitIsRefused) {
  std::string text = to_text(small_index());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
      ASSERT_THAT(error_of(text), AllOf(StartsWith("i.json: "), Not(HasSubstr("\n")))) << i << " " << bit;
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
    }
  }
  EXPECT_EQ(error_of(text), "no error");
}

TEST(Index, EveryTruncationAndExtensionIsRefused) {
  const std::string text = to_text(small_index());
  for (std::size_t size = 0; size < text.size(); ++size)
    ASSERT_THAT(error_of(text.substr(0, size)), StartsWith("i.json: damaged")) << size;
  for (const std::string& more : {std::string(1, '\0'), std::string("\n"), std::string(" "), std::string("{}")})
    EXPECT_THAT(error_of(text + more), StartsWith("i.json: damaged"));
}

TEST(Index, RefusesWhatIsNoIndexUnderARightChecksum) {
  for (const std::string body : {"", "}", "{}", "\"a\":1}", "\"format\":\"triaxis-checkpoint\"}", "\"format\":7}",
                                 "\"format\":\"x\"}", "\"checksum\":\"0\"}", "\"a\":[[[[[[[[", "\xff}"}) {
    EXPECT_THAT(error_of(with_checksum(body)), AllOf(StartsWith("i.json: "), Not(HasSubstr("\n")))) << body;
  }
  EXPECT_THAT(error_after("\"version\":1", "\"version\":2"), HasSubstr("reads version 1"));
  EXPECT_THAT(error_after("\"version\":1", "\"version\":1,\"more\":1"), HasSubstr("unknown member \"more\""));
  EXPECT_THAT(error_after("\"step\":3", "\"step\":3,\"step\":3"), HasSubstr("two members"));
}

TEST(Index, RefusesMembersOutOfRange) {
  EXPECT_EQ(error_after("\"step\":3", "\"step\":4"), "no error");
  for (const std::string step : {"-1", "1.0", "9223372036854775808", "\"3\"", "null"})
    EXPECT_THAT(error_after("\"step\":3", "\"step\":" + step), StartsWith("i.json: \"step\"")) << step;
  EXPECT_THAT(error_after("\"sequences\":96", "\"sequences\":-96"), StartsWith("i.json: \"sequences\""));
  EXPECT_THAT(error_after("\"moments\":true", "\"moments\":1"), StartsWith("i.json: \"moments\""));
  for (const std::string loss : {"5", "\"5\"", "null", "\"4000000000000000\"", "[5.5]"})
    EXPECT_THAT(error_after("[5.5", "[" + loss), StartsWith("i.json: \"losses\"")) << loss;
  EXPECT_THAT(error_after("\"configuration\":\"", "\"configuration\":3,\"x\":\""), StartsWith("i.json: "));
  EXPECT_THAT(error_after("\"bytes\":1234", "\"bytes\":-1"), StartsWith("i.json: files[0]: \"bytes\""));
  EXPECT_THAT(error_after("\"bytes\":1234", "\"bytes\":1152921504606846977"),
              StartsWith("i.json: files[0]: \"bytes\""));
  EXPECT_THAT(error_after("\"fedc", "\"FEDC"), StartsWith("i.json: files[0]: \"header_hash\""));
}

TEST(Index, RefusesFilesOutsideItsDirectory) {
  for (const std::string name : {"", ".", "..", "../x", "/etc/passwd", "a/b", "a/", ".hidden", "index.json",
                                 "a\\u0000b", "rank-00001.safetensors"}) {
    EXPECT_THAT(error_after("rank-00000.safetensors", name), StartsWith("i.json: ")) << name;
  }
  EXPECT_THAT(error_after("rank-00000.safetensors", std::string(256, 'a')), StartsWith("i.json: files[0]"));
  EXPECT_EQ(error_after("rank-00000.safetensors", "other"), "no error");
}

TEST(Index, RefusesBoxesThatDoNotCoverOnce) {
  const auto rows = [](const std::string& slices) {
    return error_after("[[0,0,1,0,3],[1,1,4,0,3]]", "[" + slices + "]");
  };
  EXPECT_EQ(rows("[0,0,4,0,3]"), "no error");
  EXPECT_EQ(rows("[0,0,4,0,1],[1,0,4,1,2],[0,0,4,2,3]"), "no error");
  for (const std::string slices : {"",
                                   "[0,0,3,0,3]",
                                   "[0,1,4,0,3]",
                                   "[0,0,5,0,3]",
                                   "[0,0,4,0,2]",
                                   "[0,0,4,1,3]",
                                   "[0,0,4,0,4]",
                                   "[0,0,2,0,3],[0,1,4,0,3]",
                                   "[0,0,1,0,3],[0,2,4,0,3]",
                                   "[0,1,4,0,3],[0,0,1,0,3]",
                                   "[0,0,4,0,3],[0,0,4,0,3]",
                                   "[0,0,4,0,3],[0,4,4,0,3]",
                                   "[0,0,2,0,3],[0,2,4,0,1],[0,2,4,1,3]",
                                   "[0,0,4,0,1],[0,0,2,1,3],[0,2,4,1,3]",
                                   "[0,0,4,0,0],[0,0,4,0,3]",
                                   "[0,2,0,0,3]",
                                   "[0,-1,4,0,3]",
                                   "[0,0,4,0,281474976710657]",
                                   "[0,0,4,0]",
                                   "[0,0,4,0,3,0]",
                                   "[]",
                                   "7",
                                   "[0,0,4.0,0,3]",
                                   "[-1,0,4,0,3]",
                                   "[2,0,4,0,3]",
                                   "[4294967296,0,4,0,3]"}) {
    EXPECT_THAT(rows(slices), StartsWith("i.json: tensors[0]: \"slices\"")) << slices;
  }
}

TEST(Index, RefusesShapes) {
  for (const std::string shape : {"[]", "[0]", "[0,3]", "[4,-3]", "[4,3,1]", "[4.0,3]", "4", "[281474976710657]",
                                  "[16777216,16777217]", "[9223372036854775807,9223372036854775807]"}) {
    EXPECT_THAT(error_after("[4,3]", shape), StartsWith("i.json: tensors[0]: \"shape\"")) << shape;
  }
  EXPECT_THAT(error_after("\"name\":\"columns\"", "\"name\":\"rows\""), HasSubstr("\"rows\" is there twice"));
}

TEST(Index, TakesLinearTime) {
  CheckpointIndex index = small_index();
  StoredTensor tensor = {"long", {100'000, 2}, {}};
  for (std::int64_t row = 0; row < 100'000; ++row) tensor.slices.push_back({0, {row, row + 1, 0, 2}});
  index.tensors.push_back(tensor);
  const std::string text = to_text(index);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_index(text, "i.json"), index);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));  // quadratic: minutes
}

}  // namespace
}  // namespace triaxis
