#include "data/ngram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/philox.h"

namespace triaxis {
namespace {

// Training 0 1 0 1 1 with three symbols: counts 2 3 0; pairs 01: 2, 10: 1, 11: 1; followed: 0 twice, 1 twice.
TEST(NgramLosses, FollowTheFormulas) {
  const std::vector<Token> training = {0, 1, 0, 1, 1};
  const std::vector<Token> validation = {0, 1, 2, 0};
  const NgramLosses losses = ngram_losses(training, validation, 3);
  EXPECT_NEAR(losses.unigram, -(std::log(4.0 / 8) + std::log(1.0 / 8) + std::log(3.0 / 8)) / 3, 1e-15);
  EXPECT_NEAR(losses.bigram, -(std::log(3.0 / 5) + std::log(1.0 / 5) + std::log(1.0 / 3)) / 3, 1e-15);
}

TEST(NgramLosses, OfNoiseAreTheEntropyOfNoise) {
  std::vector<Token> tokens(200'000);
  const RandomKey key = random_key(1, 2, 3);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = random_bits(key, i, 0, 0) % 16;
  const std::span<const Token> all(tokens);
  const NgramLosses losses = ngram_losses(all.first(150'000), all.subspan(150'000), 16);
  EXPECT_NEAR(losses.unigram, std::log(16.0), 0.002);
  EXPECT_NEAR(losses.bigram, std::log(16.0), 0.002);
}

TEST(NgramLosses, OfACycleAreNothingForPairs) {
  std::vector<Token> tokens(40'000);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = i % 8;
  const NgramLosses losses = ngram_losses(tokens, tokens, 8);
  EXPECT_NEAR(losses.unigram, std::log(8.0), 1e-3);
  EXPECT_NEAR(losses.bigram, 0, 2e-3);
}

}  // namespace
}  // namespace triaxis
