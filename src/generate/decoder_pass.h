// One forward pass of a fixed number of tokens through a model whose earlier tokens are in a cache. It computes what
// layers/ computes in the forward, of all shards in one process, and saves nothing for a backward.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "generate/decoder_weights.h"
#include "tensor/gemm.h"
#include "tensor/kernels.h"

namespace triaxis {

/// What all passes of a decoder share.
struct DecoderContext {
  const Model& model;
  const Kernels& kernels;
  Stream& stream;
  std::int64_t shards = 1;
  DecoderWeights weights;
  std::vector<View> caches;  ///< one a layer (Kernels::attention_cached)

  AttentionShape attention() const;
};

class DecoderPass {
 public:
  /// `tokens` is what a call of run takes at most; products are planned for that many. `arena` must have footprint()
  /// bytes left.
  DecoderPass(const DecoderContext& ctx, std::int64_t tokens, Arena& arena);
  static std::size_t footprint(const Model& model, std::int64_t shards, std::int64_t tokens, DType dtype);

  std::int64_t tokens() const { return tokens_; }
  /// Runs `ids`, which stand at positions `past` and on, through all layers but the head.
  void run(const DecoderContext& ctx, std::span<const std::int32_t> ids, std::int64_t past);
  /// What came of token `index` of the last run: [1, hidden], the head's input.
  View result(std::int64_t index) const { return x_.rows(index, 1); }

 private:
  void attention(const DecoderContext& ctx, std::size_t layer, std::int64_t past, std::int64_t count);
  void mlp(const DecoderContext& ctx, std::size_t layer);

  std::int64_t tokens_;
  GemmPlan qkv_plan_, output_plan_, up_plan_, down_plan_;
  View ids_, positions_;     // [tokens] i32
  View x_, normed_;          // [tokens, hidden]
  View mean_, rstd_;         // [tokens]
  View qkv_, context_, up_;  // [shards, tokens, of a shard]
  View partial_;             // [shards, tokens, hidden]: summands
};

/// The plan of y [batch, tokens, n] = x W^T (+ bias), W [shards, n, k] as stored. `shared`: x has no shard dimension.
GemmPlan decoder_product(const DecoderContext& ctx, const View& weight, std::int64_t tokens, bool shared, bool bias);

}  // namespace triaxis
