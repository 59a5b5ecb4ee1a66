#include "base/philox.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>
#include <vector>

namespace triaxis {
namespace {

using ::testing::ElementsAre;

// The known answers of Random123 (tests/kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, GivesTheKnownAnswersOfRandom123) {
  EXPECT_THAT(philox4x32({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_THAT(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(RandomBits, FollowTheDocumentedCounterLayout) {
  constexpr uint64_t kSequence = 0x1234567890abcdef;
  constexpr RandomKey kKey = random_key(7, 3, 99);
  constexpr auto kWords = philox4x32({5, 42, 0x90abcdef, 0x12345678}, kKey.words);
  for (uint32_t word = 0; word < 4; ++word) EXPECT_EQ(random_bits(kKey, kSequence, 42, 20 + word), kWords[word]);
}

TEST(RandomBits, DifferInEveryCoordinate) {
  const RandomKey key = random_key(1, 2, 3);
  const std::set<uint32_t> bits = {
      random_bits(key, 4, 5, 6),
      random_bits(random_key(9, 2, 3), 4, 5, 6),
      random_bits(random_key(1, 9, 3), 4, 5, 6),
      random_bits(random_key(1, 2, 9), 4, 5, 6),
      random_bits(random_key(uint64_t{1} << 32 | 1, 2, 3), 4, 5, 6),
      random_bits(random_key(1, uint64_t{1} << 32 | 2, 3), 4, 5, 6),
      random_bits(key, 9, 5, 6),
      random_bits(key, uint64_t{1} << 32 | 4, 5, 6),
      random_bits(key, 4, 9, 6),
      random_bits(key, 4, 5, 9),
  };
  EXPECT_EQ(bits.size(), 10u);
}

TEST(RandomUniform, StaysInTheHalfOpenIntervalAndIsUniform) {
  EXPECT_EQ(to_uniform(0), 0.0f);
  EXPECT_LT(to_uniform(0xffffffff), 1.0f);
  const RandomKey key = random_key(1, 1, 1);
  constexpr int kDraws = 100000;
  double sum = 0;
  for (int i = 0; i < kDraws; ++i)
    sum += random_uniform(key, 3, static_cast<uint32_t>(i / 64), static_cast<uint32_t>(i % 64));
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
}

TEST(RandomNormal, HasTheMomentsOfAStandardNormal) {
  const RandomKey key = random_key(1, 0, site_hash("head.weight"));
  constexpr int kDraws = 200000;
  std::array<double, 4> moments{};
  double neighbours = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random_normal(key, static_cast<uint64_t>(i));
    moments[0] += x / kDraws;
    moments[1] += x * x / kDraws;
    moments[2] += x * x * x / kDraws;
    moments[3] += x * x * x * x / kDraws;
    neighbours += x * random_normal(key, static_cast<uint64_t>(i) + 1) / kDraws;
  }
  // Five standard errors of each moment: sqrt(Var / n) with Var = 1, 2, 15, 96.
  EXPECT_NEAR(moments[0], 0, 5 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(moments[1], 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(moments[2], 0, 5 * std::sqrt(15.0 / kDraws));
  EXPECT_NEAR(moments[3], 3, 5 * std::sqrt(96.0 / kDraws));
  EXPECT_NEAR(neighbours, 0, 5 * std::sqrt(1.0 / kDraws));
}

TEST(FillNormal, EqualsOneByOneForEveryStartAndLength) {
  const RandomKey key = random_key(5, 0, 6);
  for (uint64_t first : {uint64_t{0}, uint64_t{1}, (uint64_t{1} << 33) + 1}) {
    for (size_t count : {0u, 1u, 2u, 5u, 8u}) {
      std::vector<float> out(count);
      fill_normal(key, first, 0.02, out);
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(out[i], static_cast<float>(0.02 * random_normal(key, first + i)));
    }
  }
}

TEST(SiteHash, TellsNamesApart) {
  EXPECT_NE(site_hash("blocks.0.attention"), site_hash("blocks.1.attention"));
  EXPECT_EQ(site_hash("embedding"), site_hash(std::string("embed") + "ding"));
}

}  // namespace
}  // namespace triaxis
