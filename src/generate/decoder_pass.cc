#include "generate/decoder_pass.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "comm/ordered_sum.h"

namespace triaxis {
namespace {

/// The pass's tensors of floats, in the order of its members.
std::array<std::array<std::int64_t, 3>, 8> shapes(const Model& model, std::int64_t shards, std::int64_t tokens) {
  const std::int64_t width = model.heads * model.head_dim / shards;
  return {{{1, tokens, model.hidden},
           {1, tokens, model.hidden},
           {1, 1, tokens},
           {1, 1, tokens},
           {shards, tokens, 3 * width},
           {shards, tokens, width},
           {shards, tokens, model.ffn_hidden / shards},
           {shards, tokens, model.hidden}}};
}

}  // namespace

AttentionShape DecoderContext::attention() const {
  return {.shards = shards,
          .heads = model.heads / shards,
          .head_dim = model.head_dim,
          .first_head = 0,
          .scale = 1.0 / std::sqrt(static_cast<double>(model.head_dim))};
}

GemmPlan decoder_product(const DecoderContext& ctx, const View& weight, std::int64_t tokens, bool shared, bool bias) {
  GemmShape shape{.batch = weight.dim(0), .m = tokens, .n = weight.dim(1), .k = weight.dim(2)};
  shape.transpose_b = true;
  shape.share_a = shared;
  shape.bias = bias;
  shape.dtype = ctx.kernels.dtype;
  return {ctx.kernels.gemm, ctx.stream, shape};
}

DecoderPass::DecoderPass(const DecoderContext& ctx, std::int64_t tokens, Arena& arena)
    : tokens_(tokens),
      qkv_plan_(decoder_product(ctx, ctx.weights.layers.front().qkv.weight, tokens, true, true)),
      output_plan_(decoder_product(ctx, ctx.weights.layers.front().output.weight, tokens, false, false)),
      up_plan_(decoder_product(ctx, ctx.weights.layers.front().up.weight, tokens, true, true)),
      down_plan_(decoder_product(ctx, ctx.weights.layers.front().down.weight, tokens, false, false)) {
  ids_ = arena.allocate(DType::kI32, {tokens});
  positions_ = arena.allocate(DType::kI32, {tokens});
  std::vector<View> views;
  for (const auto& shape : shapes(ctx.model, ctx.shards, tokens)) {
    views.push_back(arena.allocate(ctx.kernels.dtype, shape));
  }
  x_ = views[0].reshape({tokens, ctx.model.hidden});
  normed_ = views[1].reshape({tokens, ctx.model.hidden});
  mean_ = views[2].reshape({tokens});
  rstd_ = views[3].reshape({tokens});
  qkv_ = views[4];
  context_ = views[5];
  up_ = views[6];
  partial_ = views[7];
}

std::size_t DecoderPass::footprint(const Model& model, std::int64_t shards, std::int64_t tokens, DType dtype) {
  std::size_t bytes = 2 * Arena::footprint(DType::kI32, tokens);
  for (const auto& s : shapes(model, shards, tokens)) bytes += Arena::footprint(dtype, s[0] * s[1] * s[2]);
  return bytes;
}

void DecoderPass::run(const DecoderContext& ctx, std::span<const std::int32_t> ids, std::int64_t past) {
  const auto count = static_cast<std::int64_t>(ids.size());
  // Rows after the last token are computed with it and never read: any token at any place will do for them.
  std::fill_n(ids_.as<std::int32_t>(), tokens_, 0);
  std::fill_n(positions_.as<std::int32_t>(), tokens_, 0);
  for (std::int64_t i = 0; i < count; ++i) {
    ids_.as<std::int32_t>()[i] = ids[static_cast<std::size_t>(i)];
    positions_.as<std::int32_t>()[i] = static_cast<std::int32_t>(past + i);
  }
  ctx.kernels.embedding_forward(ctx.stream, ids_, ctx.weights.token, 0, x_);
  ctx.kernels.position_forward(ctx.stream, x_, positions_, ctx.weights.position, {}, x_);
  for (std::size_t layer = 0; layer < ctx.weights.layers.size(); ++layer) {
    attention(ctx, layer, past, count);
    mlp(ctx, layer);
  }
}

void DecoderPass::attention(const DecoderContext& ctx, std::size_t layer, std::int64_t past, std::int64_t count) {
  const DecoderLayerWeights& weights = ctx.weights.layers[layer];
  const WeightAndBias& norm = weights.attention_norm;
  ctx.kernels.layernorm_forward(ctx.stream, x_, norm.weight, norm.bias, ctx.model.norm_eps, normed_, mean_, rstd_);
  qkv_plan_.run(ctx.stream, normed_, weights.qkv.weight, weights.qkv.bias, qkv_);
  ctx.kernels.attention_cached(ctx.stream, ctx.attention(), past, count, qkv_, ctx.caches[layer], context_);
  output_plan_.run(ctx.stream, context_, weights.output.weight, {}, partial_);
  const View sum = sum_leaves(ctx.stream, ctx.kernels, partial_);
  ctx.kernels.residual_forward(ctx.stream, x_, sum, weights.output.bias, {}, x_);
}

void DecoderPass::mlp(const DecoderContext& ctx, std::size_t layer) {
  const DecoderLayerWeights& weights = ctx.weights.layers[layer];
  const WeightAndBias& norm = weights.mlp_norm;
  ctx.kernels.layernorm_forward(ctx.stream, x_, norm.weight, norm.bias, ctx.model.norm_eps, normed_, mean_, rstd_);
  up_plan_.run(ctx.stream, normed_, weights.up.weight, weights.up.bias, up_);
  ctx.kernels.gelu_forward(ctx.stream, up_, up_);
  down_plan_.run(ctx.stream, up_, weights.down.weight, {}, partial_);
  const View sum = sum_leaves(ctx.stream, ctx.kernels, partial_);
  ctx.kernels.residual_forward(ctx.stream, x_, sum, weights.down.bias, {}, x_);
}

}  // namespace triaxis
