#include "data/sampler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace triaxis {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Lt;

/// A corpus whose tokens are their own places, so that every test sees where a window came from.
Corpus numbered(size_t training, size_t validation) {
  Corpus corpus;
  corpus.tokens.resize(training + validation);
  std::iota(corpus.tokens.begin(), corpus.tokens.end(), Token{0});
  corpus.training_size = training;
  return corpus;
}

TEST(Permutation, IsABijectionForManySizes) {
  for (uint64_t size = 1; size <= 300; ++size) {
    const Permutation order(size, random_key(size, 0, 0));
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < size; ++i) seen.insert(order(i));
    EXPECT_EQ(seen.size(), size);
    EXPECT_THAT(seen, Each(Lt(size)));
  }
}

TEST(Permutation, IsABijectionAroundPowersOfFour) {
  for (uint64_t size : {65535u, 65536u, 65537u}) {
    const Permutation order(size, random_key(1, 2, 3));
    std::vector<bool> seen(size);
    for (uint64_t i = 0; i < size; ++i) {
      const uint64_t image = order(i);
      ASSERT_LT(image, size);
      EXPECT_FALSE(seen[image]);
      seen[image] = true;
    }
  }
}

TEST(Permutation, ReachesIntoTheLargestSizes) {
  const uint64_t size = (uint64_t{1} << 62) - 1;
  const Permutation order(size, random_key(1, 2, 3));
  uint64_t highest = 0;
  for (uint64_t i = 0; i < 100; ++i) highest = std::max(highest, order(i));
  EXPECT_GT(highest, size / 2);
  EXPECT_LT(highest, size);
}

// Chi-squared of the 24 orders over many keys: with 23 degrees of freedom, one time in ten thousand above 56.
TEST(Permutation, TakesEveryOrderOfFourAboutEquallyOften) {
  std::map<std::vector<uint64_t>, int> orders;
  constexpr int kKeys = 24 * 200;
  for (uint64_t key = 0; key < kKeys; ++key) {
    const Permutation order(4, random_key(key, 0, 0));
    ++orders[{order(0), order(1), order(2), order(3)}];
  }
  EXPECT_EQ(orders.size(), 24u);
  double chi_squared = 0;
  for (const auto& [order, count] : orders) chi_squared += (count - 200.0) * (count - 200.0) / 200.0;
  EXPECT_LT(chi_squared, 56);
}

TEST(Sampler, TakesEveryWindowOnceAnEpochInAnotherOrderEachTime) {
  const Corpus corpus = numbered(8 * 50 + 5, 20);
  const Sampler sampler(corpus, 8, 1);
  ASSERT_EQ(sampler.windows(), 50);
  std::set<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 5; ++epoch) {
    std::vector<int64_t> order;
    for (int64_t i = 0; i < 50; ++i) order.push_back(sampler.window_of(epoch * 50 + i));
    EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), 50u);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 5u);
}

TEST(Sampler, FollowsTheSeedAloneAndNotTheOrderOfCalls) {
  const Corpus corpus = numbered(1000, 20);
  const Sampler a(corpus, 8, 1);
  const Sampler b(corpus, 8, 2);
  std::vector<int64_t> forwards;
  std::vector<int64_t> other_seed;
  for (int64_t n = 0; n < 300; ++n) {
    forwards.push_back(a.window_of(n));
    other_seed.push_back(b.window_of(n));
  }
  for (int64_t n = 299; n >= 0; --n) EXPECT_EQ(Sampler(corpus, 8, 1).window_of(n), forwards[static_cast<size_t>(n)]);
  EXPECT_NE(forwards, other_seed);
}

TEST(Sampler, GivesEachInputTheTokenAfterItAsTarget) {
  const Corpus corpus = numbered(8 * 50 + 1, 20);
  const Sampler sampler(corpus, 8, 3);
  std::vector<int32_t> inputs(8);
  std::vector<int32_t> targets(8);
  for (int64_t n = 0; n < 100; ++n) {
    sampler.fill(n, inputs, targets);
    for (size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(inputs[i], sampler.window_of(n) * 8 + static_cast<int64_t>(i));
      EXPECT_EQ(targets[i], inputs[i] + 1);
    }
  }
}

TEST(Sampler, NeverTrainsOnTheValidationShare) {
  for (size_t training = 9; training < 60; ++training) {
    const Corpus corpus = numbered(training, 30);
    const Sampler sampler(corpus, 8, training);
    std::vector<int32_t> inputs(8);
    std::vector<int32_t> targets(8);
    for (int64_t n = 0; n < 3 * sampler.windows(); ++n) {
      sampler.fill(n, inputs, targets);
      EXPECT_THAT(targets, Each(Lt(static_cast<int32_t>(training))));
    }
  }
}

TEST(Sampler, ValidatesInTheOrderOfTheText) {
  const Corpus corpus = numbered(20, 11);
  const Sampler sampler(corpus, 4, 1);
  ASSERT_EQ(sampler.validation_windows(), 2);
  std::vector<int32_t> inputs(4);
  std::vector<int32_t> targets(4);
  sampler.fill_validation(0, inputs, targets);
  EXPECT_THAT(inputs, ElementsAre(20, 21, 22, 23));
  sampler.fill_validation(1, inputs, targets);
  EXPECT_THAT(targets, ElementsAre(25, 26, 27, 28));
  EXPECT_THAT(sampler.validation_tokens(), ElementsAre(20, 21, 22, 23, 24, 25, 26, 27, 28));
  EXPECT_THROW(sampler.fill_validation(2, inputs, targets), std::logic_error);
}

TEST(Sampler, NeedsNoValidationPart) {
  const Corpus corpus = numbered(20, 0);
  const Sampler sampler(corpus, 4, 1);
  EXPECT_EQ(sampler.validation_windows(), 0);
  EXPECT_TRUE(sampler.validation_tokens().empty());
}

TEST(FirstSequence, CutsAStepIntoBlocksAndThoseIntoMicrobatches) {
  const BatchConfig batch{.global = 24, .micro = 2};
  for (int64_t blocks : {1, 2, 3, 4, 6, 12}) {
    int64_t next = 3 * 24;
    for (int64_t block = 0; block < blocks; ++block) {
      for (int64_t microbatch = 0; microbatch < 24 / blocks / 2; ++microbatch, next += 2) {
        EXPECT_EQ(first_sequence(batch, 3, blocks, block, microbatch), next);
      }
    }
    EXPECT_EQ(next, 4 * 24);
  }
  EXPECT_THROW(first_sequence(batch, 0, 5, 0, 0), std::logic_error);
  EXPECT_THROW(first_sequence(batch, 0, 2, 0, 6), std::logic_error);
}

}  // namespace
}  // namespace triaxis
