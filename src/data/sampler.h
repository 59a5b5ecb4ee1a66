// Which tokens sequence n of a run is made of: a pure function of the run's seed and n.
#pragma once

#include <cstdint>
#include <span>

#include "base/philox.h"
#include "config/config.h"
#include "data/corpus.h"

namespace triaxis {

/// A permutation of 0 .. size - 1 that is computed, not stored: a Feistel network over the smallest even number of bits
/// that holds `size`, walked along its cycle until it is back inside (Black and Rogaway: Ciphers with Arbitrary Finite
/// Domains; CT-RSA 2002).
class Permutation {
 public:
  /// REQUIRES: 1 <= size <= 2^62.
  Permutation(uint64_t size, RandomKey key);

  /// REQUIRES: index < size.
  uint64_t operator()(uint64_t index) const;

 private:
  uint64_t size_;
  RandomKey key_;
  int half_bits_ = 0;
};

/// Cuts both parts of the corpus into windows of seq_len inputs, each with the token after it as its target, so that
/// neighbouring windows share one token; what is left at the end is left out. Each epoch takes every training window
/// once, in its own order. Nothing is allocated after construction.
class Sampler {
 public:
  /// VALID UNTIL: `corpus` is destroyed or changed. REQUIRES: a corpus loaded for this seq_len.
  Sampler(const Corpus& corpus, int64_t seq_len, uint64_t seed);

  /// RETURNS: the training windows, which are the sequences of an epoch.
  int64_t windows() const { return windows_; }

  /// RETURNS: the training window that sequence n of the run is. REQUIRES: n >= 0.
  int64_t window_of(int64_t n) const;

  /// Writes sequence n of the run, inputs and targets [seq_len].
  void fill(int64_t n, std::span<int32_t> inputs, std::span<int32_t> targets) const;

  /// RETURNS: the windows to validate on.
  int64_t validation_windows() const { return validation_windows_; }

  /// Writes one validation window, inputs and targets [seq_len], in the order of the text.
  void fill_validation(int64_t window, std::span<int32_t> inputs, std::span<int32_t> targets) const;

  /// RETURNS: the tokens that the validation windows cover: all but the first of them are targets, each once.
  std::span<const Token> validation_tokens() const;

 private:
  void copy_window(std::span<const Token> part, int64_t window, std::span<int32_t> inputs,
                   std::span<int32_t> targets) const;

  std::span<const Token> training_;
  std::span<const Token> validation_;
  int64_t seq_len_;
  int64_t windows_;
  int64_t validation_windows_;
  uint64_t seed_;
};

/// RETURNS: the number in the run of the first of the `batch.micro` sequences of a microbatch. A step takes
/// `batch.global` sequences in a row, cut into `blocks` equal blocks, and each block into microbatches. All count from
/// 0.
int64_t first_sequence(const BatchConfig& batch, int64_t step, int64_t blocks, int64_t block, int64_t microbatch);

}  // namespace triaxis
