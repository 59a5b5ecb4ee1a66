// What a model has to beat: how well counts alone predict the next token.
#pragma once

#include <cstdint>
#include <span>

#include "data/tokenizer.h"

namespace triaxis {

/// Losses in nats a token, the natural logarithm of one over the probability of each token, averaged.
struct NgramLosses {
  double unigram = 0;
  double bigram = 0;
};

/// Counts in `training` and measures on `validation`, all but its first token, with the same add-one smoothing
/// (Laplace) for both; V is `symbols`:
///
///   unigram: P(b)     = (times b occurs + 1) / (tokens + V)
///   bigram:  P(b | a) = (times b follows a + 1) / (times anything follows a + V)
///
/// REQUIRES: at least two validation tokens.
NgramLosses ngram_losses(std::span<const Token> training, std::span<const Token> validation, int64_t symbols);

}  // namespace triaxis
