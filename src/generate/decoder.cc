#include "generate/decoder.h"

#include <algorithm>

#include "base/error.h"

namespace triaxis {
namespace {

std::size_t cache_footprint(const DecoderContext& ctx) {
  const std::int64_t elements = ctx.kernels.attention_cache_size(ctx.attention(), ctx.model.seq_len);
  return static_cast<std::size_t>(ctx.model.layers) * Arena::footprint(ctx.kernels.dtype, elements);
}

std::int64_t chunk_tokens(const Model& model) { return std::min(Decoder::kChunk, model.seq_len); }

std::size_t workspace_footprint(const DecoderContext& ctx) {
  const DType dtype = ctx.kernels.dtype;
  return DecoderPass::footprint(ctx.model, ctx.shards, 1, dtype) +
         DecoderPass::footprint(ctx.model, ctx.shards, chunk_tokens(ctx.model), dtype) +
         Arena::footprint(dtype, ctx.model.hidden) + 2 * Arena::footprint(dtype, 1) +
         Arena::footprint(dtype, ctx.shards * ctx.weights.head.dim(1));
}

}  // namespace

Decoder::Decoder(const Model& model, const ParameterStore& parameters, const Kernels& kernels, Stream& stream,
                 MemoryLedger& ledger)
    : ctx_{model, kernels, stream, parameters.slice().shards, decoder_weights(model, parameters), {}},
      cache_(ledger, Category::kActivations, cache_footprint(ctx_)),
      workspace_(ledger, Category::kWorkspace, workspace_footprint(ctx_)),
      single_(ctx_, 1, workspace_),
      chunk_(ctx_, chunk_tokens(model), workspace_),
      head_plan_(decoder_product(ctx_, ctx_.weights.head, 1, true, false)) {
  const DType dtype = kernels.dtype;
  for (std::int64_t layer = 0; layer < model.layers; ++layer) {
    ctx_.caches.push_back(cache_.allocate(dtype, {kernels.attention_cache_size(ctx_.attention(), model.seq_len)}));
  }
  stream.reserve_scratch(kernels.attention_scratch(ctx_.attention(), model.seq_len));
  normed_ = workspace_.allocate(dtype, {1, model.hidden});
  mean_ = workspace_.allocate(dtype, {1});
  rstd_ = workspace_.allocate(dtype, {1});
  logits_ = workspace_.allocate(dtype, {ctx_.shards, 1, ctx_.weights.head.dim(1)});
  window_.reserve(static_cast<std::size_t>(model.seq_len));
}

void Decoder::append(std::span<const std::int32_t> ids, const Visit& visit) {
  const auto room = static_cast<std::size_t>(ctx_.model.seq_len) - window_.size();
  if (ids.size() <= room) return read(ids, visit);
  std::vector<std::int32_t> newest = window_;
  newest.insert(newest.end(), ids.begin(), ids.end());
  const auto kept = static_cast<std::size_t>(std::max<std::int64_t>(1, ctx_.model.seq_len / 2));
  window_.clear();
  read(std::span(newest).last(kept), visit);
}

void Decoder::read(std::span<const std::int32_t> ids, const Visit& visit) {
  check(!ids.empty(), "a token at least");
  while (!ids.empty()) {
    DecoderPass& pass = ids.size() == 1 ? single_ : chunk_;
    const auto some = ids.first(std::min(ids.size(), static_cast<std::size_t>(pass.tokens())));
    pass.run(ctx_, some, static_cast<std::int64_t>(window_.size()));
    window_.insert(window_.end(), some.begin(), some.end());
    for (std::size_t i = 0; visit && i < some.size(); ++i) visit(head(pass.result(static_cast<std::int64_t>(i))));
    last_ = pass.result(static_cast<std::int64_t>(some.size()) - 1);
    ids = ids.subspan(some.size());
  }
}

std::span<const float> Decoder::logits() {
  check(!window_.empty(), "logits follow some text");
  return head(last_);
}

std::span<const float> Decoder::head(const View& x) {
  const WeightAndBias& norm = ctx_.weights.norm;
  ctx_.kernels.layernorm_forward(ctx_.stream, x, norm.weight, norm.bias, ctx_.model.norm_eps, normed_, mean_, rstd_);
  head_plan_.run(ctx_.stream, normed_, ctx_.weights.head, {}, logits_);
  // Shards hold the vocabulary in order; padding, if any, is at its end.
  return std::span(logits_.as<float>(), static_cast<std::size_t>(logits_.size()))
      .first(static_cast<std::size_t>(ctx_.model.vocab));
}

}  // namespace triaxis
