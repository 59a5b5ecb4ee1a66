// Attention of a few new tokens over a cache, with an online softmax (Milakov & Gimelshein 2018). The cache holds keys
// in tiles of kTile, each transposed, [channels][kTile]: so the scores of a query are a sum of rows, and never a sum
// across lanes. A query's sums run over whole tiles numbered from position 0, so they do not depend on how many tokens
// came with it.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/attention_cached.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include <cmath>

#include "tensor/fast/attention.h"
#include "tensor/fast/attention_cached.h"
#include "tensor/fast/attention_tiles-inl.h"
#include "tensor/fast/kernels.h"
#include "tensor/fast/panels.h"
#include "tensor/kernel_checks.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

void append_tokens(const CachedHead& head) {
  const std::int64_t row = padded_channels(head.head_dim);
  for (std::int64_t i = 0; i < head.count; ++i) {
    const std::int64_t tile = (head.past + i) / kTile;
    const std::int64_t place = (head.past + i) % kTile;
    float* const keys = head.keys + tile * head.head_dim * kTile + place;
    for (std::int64_t c = 0; c < head.head_dim; ++c) keys[c * kTile] = head.key[i * head.qkv_row + c];
    std::copy_n(head.value + i * head.qkv_row, head.head_dim, head.values + (tile * kTile + place) * row);
  }
}

/// Each query's largest score so far, and the sum of exp(score - max).
struct RunningSoftmax {
  float max[kTile] = {};
  float sum[kTile] = {};

  RunningSoftmax() { std::fill_n(max, kTile, std::numeric_limits<float>::lowest()); }
};

/// Turns a query's scores [kTile] into exp(score - max), 0 from `visible` on, and takes them into its softmax.
/// RETURNS: the factor for everything before this tile.
HWY_INLINE float take_in(float* scores, std::int64_t visible, float* running_max, float* running_sum) {
  std::fill(scores + visible, scores + kTile, -std::numeric_limits<float>::infinity());
  Float largest = set(*running_max);
  for (std::int64_t j = 0; j < kTile; j += kLanes) largest = larger(largest, load(scores + j));
  const float max = largest_lane(largest);
  Float sum = hn::Zero(Floats());
  for (std::int64_t j = 0; j < kTile; j += kLanes) {
    const Float probability = exp(hn::Sub(load(scores + j), set(max)));
    sum = hn::Add(sum, probability);
    store(probability, scores + j);
  }
  const float correction = hn::GetLane(exp(set(*running_max - max)));
  *running_sum = *running_sum * correction + sum_of_lanes(sum);
  *running_max = max;
  return correction;
}

HWY_INLINE void scale_row(float* row, std::int64_t n, float factor) {
  map(
      n, row, [&](Float v) HWY_ATTR { return hn::Mul(v, set(factor)); }, static_cast<const float*>(row));
}

/// Queries [first, first + count) of the new tokens, at most kTile of them.
void attend(const CachedHead& head, std::int64_t first, std::int64_t count, std::span<std::byte> memory) {
  const std::int64_t row = padded_channels(head.head_dim);
  ScratchFloats floats(memory);
  float* const queries = floats.take(kTile * row);
  float* const out = floats.take(kTile * row);
  float* const scores = floats.take(kTile * kTile);
  RunningSoftmax softmax;
  copy_rows(head.query + first * head.qkv_row, head.qkv_row, count, head.head_dim, head.scale, queries);
  std::fill_n(out, count * row, 0.0f);
  const std::int64_t seen = head.past + first + count;  // by the last query
  for (std::int64_t tile = 0; tile * kTile < seen; ++tile) {
    product(false, count, kTile, head.head_dim, {queries, row, 1}, head.keys + tile * head.head_dim * kTile, kTile,
            scores, kTile);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t visible = std::clamp(seen - count + i + 1 - tile * kTile, std::int64_t{0}, kTile);
      scale_row(out + i * row, row, take_in(scores + i * kTile, visible, softmax.max + i, softmax.sum + i));
    }
    product(true, count, row, std::min(kTile, seen - tile * kTile), {scores, kTile, 1},
            head.values + tile * kTile * row, row, out, row);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    scale_row(out + i * row, head.head_dim, 1 / softmax.sum[i]);
    std::copy_n(out + i * row, head.head_dim, head.out + (first + i) * head.out_row);
  }
}

void cached_head(const CachedHead& head, std::span<std::byte> memory) {
  append_tokens(head);
  for (std::int64_t first = 0; first < head.count; first += kTile) {
    attend(head, first, std::min(kTile, head.count - first), memory);
  }
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(cached_head);

std::int64_t attention_cache_size(const AttentionShape& shape, std::int64_t positions) {
  const std::int64_t rows = panels(positions, kTile) * kTile;
  return shape.shards * shape.heads * rows * (shape.head_dim + padded_channels(shape.head_dim));
}

void attention_cached(Stream& stream, const AttentionShape& shape, std::int64_t past, std::int64_t count,
                      const View& qkv, const View& cache, const View& out) {
  const KernelScope scope(stream, "attention_cached");
  check_attention_cached(DType::kF32, shape, past, count, qkv, cache, out);
  const auto attention = HWY_DYNAMIC_DISPATCH(cached_head);
  const std::int64_t heads = shape.shards * shape.heads;
  const std::int64_t of_head = cache.size() / heads;
  const std::int64_t row = padded_channels(shape.head_dim);
  const std::int64_t positions = of_head / (shape.head_dim + row);
  check(past + count <= positions, "the cache has room for the new tokens");
  const TokenIds new_tokens{.batch = 1, .seq = out.dim(1), .sequences = {}, .positions = {}, .document_starts = {}};
  stream.parallel_for(heads, [&](std::int64_t i, int thread) {
    const AttentionHead at = attention_head(shape, new_tokens, i);
    CachedHead head;
    head.keys = cache.as<float>() + i * of_head;
    head.values = head.keys + positions * shape.head_dim;
    head.query = qkv.as<float>() + at.query;
    head.key = qkv.as<float>() + at.key;
    head.value = qkv.as<float>() + at.value;
    head.out = out.as<float>() + at.out;
    head.qkv_row = at.qkv_row;
    head.out_row = at.out_row;
    head.head_dim = shape.head_dim;
    head.scale = static_cast<float>(shape.scale);
    head.past = past;
    head.count = count;
    attention(head, stream.scratch(thread));
  });
}

}  // namespace triaxis::fast
#endif
