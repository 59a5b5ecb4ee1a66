#include "base/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace triaxis {
namespace {

TEST(Nearest, FindsTheMisspelledWord) {
  const std::vector<std::string> keys = {"hidden", "heads", "layers", "seq_len", "vocab"};
  EXPECT_EQ(nearest("hiden", keys), "hidden");
  EXPECT_EQ(nearest("haeds", keys), "heads");
  EXPECT_EQ(nearest("layer", keys), "layers");
  EXPECT_EQ(nearest("seqlen", keys), "seq_len");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  const std::vector<std::string> keys = {"hidden", "dp", "lr"};
  EXPECT_EQ(nearest("banana", keys), "");
  EXPECT_EQ(nearest("x", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("hidden", {}), "");
}

TEST(ParseSize, ReadsWholeAndBrokenNumbersWithSuffixes) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("4k"), 4000);
  EXPECT_EQ(parse_size("512M"), 512'000'000);
  EXPECT_EQ(parse_size("1.3B"), 1'300'000'000);
  EXPECT_EQ(parse_size("2G"), 2'000'000'000);
  EXPECT_EQ(parse_size("1.5GiB"), int64_t{3} << 29);
}

TEST(ParseSize, RefusesEverythingElse) {
  for (std::string_view bad : {"", "k", "-4k", "4kk", "4 k", "1e3", "0.5", "1.0001k", "nan", "inf", "99999999999T"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

TEST(FormatBytes, KeepsThreeDigits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.00 KiB");
  EXPECT_EQ(format_bytes(0x1.8p30), "1.50 GiB");
  EXPECT_EQ(format_bytes(0x1p20 - 1), "1.00 MiB");
}

TEST(FormatCount, KeepsThreeDigits) {
  EXPECT_EQ(format_count(768), "768");
  EXPECT_EQ(format_count(4096), "4.10k");
  EXPECT_EQ(format_count(124'439'808), "124M");
  EXPECT_EQ(format_count(1.3e9), "1.30B");
  EXPECT_EQ(format_count(999'999), "1.00M");
  EXPECT_EQ(format_count(9'999), "10.0k");
}

TEST(FormatSeconds, SpeaksInTwoUnitsAtMost) {
  EXPECT_EQ(format_seconds(0.0124), "12ms");
  EXPECT_EQ(format_seconds(0.9999), "1.0s");
  EXPECT_EQ(format_seconds(4.2), "4.2s");
  EXPECT_EQ(format_seconds(59.6), "1m00s");
  EXPECT_EQ(format_seconds(185), "3m05s");
  EXPECT_EQ(format_seconds(7620), "2h07m");
  EXPECT_EQ(format_seconds(5 * 86400 + 3 * 3600), "5d03h");
}

}  // namespace
}  // namespace triaxis
