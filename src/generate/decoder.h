// A model that reads a text token by token and remembers it: a cache holds the keys and values of every token that it
// has read, so that the next one costs one pass of one token.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "generate/decoder_pass.h"

namespace triaxis {

class Decoder {
 public:
  /// Takes all its memory, books it in `ledger` and plans all products. `parameters` holds the whole model with all its
  /// logical shards, which decide how sums are added, as in training. VALID UNTIL: any of the arguments goes.
  Decoder(const Model& model, const ParameterStore& parameters, const Kernels& kernels, Stream& stream,
          MemoryLedger& ledger);

  /// Is given the logits [vocab] of what follows a token.
  using Visit = std::function<void(std::span<const float> logits)>;

  /// Reads more of the text; calls `visit`, if any, for each token that it reads, in order. A model has learned
  /// positions up to its seq_len only: when a text grows longer, the decoder forgets all but its newest seq_len / 2
  /// tokens (one, at least) and reads those anew from the window's start. REQUIRES: ids of the model's vocabulary, at
  /// least one.
  void append(std::span<const std::int32_t> ids, const Visit& visit = {});

  /// RETURNS: the logits [vocab] of what follows the text so far. REQUIRES: some text. VALID UNTIL: the next call.
  std::span<const float> logits();

  /// The tokens that it remembers.
  std::span<const std::int32_t> window() const { return window_; }

  /// Tokens that are read in one pass, at most.
  static constexpr std::int64_t kChunk = 64;

 private:
  void read(std::span<const std::int32_t> ids, const Visit& visit);
  std::span<const float> head(const View& x);

  DecoderContext ctx_;
  Arena cache_;
  Arena workspace_;
  DecoderPass single_;
  DecoderPass chunk_;
  GemmPlan head_plan_;
  View normed_, mean_, rstd_;  // [1, hidden], [1], [1]
  View logits_;                // [shards, 1, the vocabulary of a shard]
  View last_;                  // [1, hidden]: the head's input for the last token
  std::vector<std::int32_t> window_;
};

}  // namespace triaxis
