#include "generate/generate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace triaxis {
namespace {

using ::testing::ElementsAre;

/// Prefers the id after the last one, of four.
std::vector<float> successor(std::span<const std::int32_t> tokens, std::int64_t position) {
  std::vector<float> logits(4, 0.0F);
  logits[static_cast<std::size_t>((tokens[static_cast<std::size_t>(position)] + 1) % 4)] = 9.0F;
  return logits;
}

TEST(Generate, GreedyTakesTheLikeliest) {
  EXPECT_THAT(generate({2}, 1, 8, successor, {.tokens = 3, .temperature = 0}), ElementsAre(2, 3, 0, 1));
}

TEST(Generate, BeyondTheWindowTheNewestTokensAreKept) {
  std::vector<std::int64_t> positions;
  const auto watched = [&](std::span<const std::int32_t> tokens, std::int64_t position) {
    positions.push_back(position);
    EXPECT_EQ(tokens.size(), 6U);                                             // two sequences of three
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(tokens[i], tokens[i + 3]);  // the same text in both
    return successor(tokens, position);
  };
  EXPECT_THAT(generate({0, 1}, 2, 3, watched, {.tokens = 4, .temperature = 0}), ElementsAre(0, 1, 2, 3, 0, 1));
  EXPECT_THAT(positions, ElementsAre(1, 2, 2, 2));
}

TEST(Generate, OneSeedIsOneText) {
  const auto even = [](std::span<const std::int32_t>, std::int64_t) { return std::vector<float>(100, 0.0F); };
  const auto text = [&](std::uint64_t seed) {
    return generate({0}, 1, 8, even, {.tokens = 50, .temperature = 1, .seed = seed});
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

TEST(Generate, IdsBeyondTheTokenizersAreNeverChosen) {
  const auto last = [](std::span<const std::int32_t>, std::int64_t) { return std::vector<float>{0, 0, 0, 50}; };
  for (const std::int32_t id : generate({0}, 1, 8, last, {.tokens = 50, .temperature = 1, .symbols = 3}))
    EXPECT_LT(id, 3);
}

TEST(Generate, FollowsTheProbabilities) {
  const float odds = std::log(3.0F);
  const auto logits = [&](std::span<const std::int32_t>, std::int64_t) { return std::vector<float>{odds, 0}; };
  const auto text = generate({0}, 1, 8, logits, {.tokens = 4000, .temperature = 1});
  const auto zeros = static_cast<double>(std::count(text.begin() + 1, text.end(), 0));
  EXPECT_NEAR(zeros / 4000, 0.75, 0.03);
}

}  // namespace
}  // namespace triaxis
