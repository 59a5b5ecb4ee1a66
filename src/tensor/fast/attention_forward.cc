// Attention forward: for each tile of queries, the tiles of keys that it may see in order, with an online softmax
// (Milakov & Gimelshein 2018; Dao et al. 2022).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/attention_forward.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include <cmath>

#include "tensor/fast/attention.h"
#include "tensor/fast/attention_tiles-inl.h"
#include "tensor/fast/kernels.h"
#include "tensor/kernel_checks.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

/// Each query's largest score so far, and the sum of exp(score - max).
struct Softmax {
  alignas(64) float max[kTile];
  alignas(64) float sum[kTile];
  alignas(64) float correction[kTile];  ///< what the last tile of keys made of everything before it

  Softmax() {
    std::fill_n(max, kTile, std::numeric_limits<float>::lowest());
    std::fill_n(sum, kTile, 0.0f);
  }
};

/// Turns the scores [key][query] of a tile into exp(score - max), 0 where hidden, and takes them into the softmax.
HWY_INLINE void take_in(const QueryTile& queries, const KeyTile& keys, float* scores, Softmax& softmax) {
  constexpr int kVectors = 4;  // at a time
  for (std::int64_t q = 0; q < kTile; q += kVectors * kLanes) {
    Float max[kVectors];
    for (int v = 0; v < kVectors; ++v) max[v] = load(softmax.max + q + v * kLanes);
    for (std::int64_t j = 0; j < keys.count; ++j) {
      for (int v = 0; v < kVectors; ++v) {
        float* at = scores + j * kTile + q + v * kLanes;
        Float score = load(at);
        if (!keys.all_visible) {
          const FloatMask mask = hidden(queries, q + v * kLanes, keys.position[j]);
          score = hn::IfThenElse(mask, set(-std::numeric_limits<float>::infinity()), score);
          store(score, at);
        }
        max[v] = hn::Max(max[v], score);
      }
    }
    Float sum[kVectors];
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Zero(Floats());
    for (std::int64_t j = 0; j < keys.count; ++j) {
      for (int v = 0; v < kVectors; ++v) {
        float* at = scores + j * kTile + q + v * kLanes;
        const Float probability = exp(hn::Sub(load(at), max[v]));
        sum[v] = hn::Add(sum[v], probability);
        store(probability, at);
      }
    }
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t at = q + v * kLanes;
      const Float correction = exp(hn::Sub(load(softmax.max + at), max[v]));
      store(hn::MulAdd(load(softmax.sum + at), correction, sum[v]), softmax.sum + at);
      store(correction, softmax.correction + at);
      store(max[v], softmax.max + at);
    }
  }
}

/// x [rows][kTile] *= factor [kTile].
HWY_INLINE void scale_columns(float* x, std::int64_t rows, const float* factor) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t q = 0; q < kTile; q += kLanes) {
      store(hn::Mul(load(x + r * kTile + q), load(factor + q)), x + r * kTile + q);
    }
  }
}

struct ForwardScratch {
  float *keys, *values;      ///< [seq][channels]
  float* queries;            ///< [kTile][channels]
  float *queries_t, *out_t;  ///< [channels][kTile]
  float *scores, *factors;   ///< [kTile keys][kTile queries]
};

void forward_tile(const HeadRows& head, std::int64_t first_query, const ForwardScratch& scratch) {
  const QueryTile queries(head, first_query);
  const std::int64_t channels = head.head_dim;
  const std::int64_t row = padded_channels(channels);
  copy_rows(head.query + first_query * head.qkv_row, head.qkv_row, queries.count, channels, head.scale,
            scratch.queries);
  std::fill_n(scratch.queries_t, channels * kTile, 0.0f);
  std::fill_n(scratch.out_t, channels * kTile, 0.0f);
  transpose(scratch.queries, row, queries.count, channels, scratch.queries_t, kTile);
  Softmax softmax;
  for_visible_keys(head, queries, [&](const KeyTile& keys) HWY_ATTR {
    product(false, keys.count, kTile, channels, {scratch.keys + keys.first * row, row, 1}, scratch.queries_t, kTile,
            scratch.scores, kTile);
    take_in(queries, keys, scratch.scores, softmax);
    if (head.dropout->probability > 0) {
      dropout_factors(head, queries, keys, scratch.factors);
      map(
          keys.count * kTile, scratch.scores, [](Float p, Float f) HWY_ATTR { return hn::Mul(p, f); },
          static_cast<const float*>(scratch.scores), static_cast<const float*>(scratch.factors));
    }
    scale_columns(scratch.out_t, channels, softmax.correction);
    product(true, channels, kTile, keys.count, {scratch.values + keys.first * row, 1, row}, scratch.scores, kTile,
            scratch.out_t, kTile);
  });
  for (std::int64_t q = 0; q < queries.count; ++q) {
    head.lse[first_query + q] = softmax.max[q] + std::log(softmax.sum[q]);
    softmax.correction[q] = 1 / softmax.sum[q];
  }
  scale_columns(scratch.out_t, channels, softmax.correction);
  transpose(scratch.out_t, kTile, channels, queries.count, head.out + first_query * head.out_row, head.out_row);
}

void forward_head(const HeadRows& head, std::span<std::byte> memory) {
  const std::int64_t row = padded_channels(head.head_dim);
  ScratchFloats floats(memory);
  const ForwardScratch scratch{
      .keys = floats.take(head.seq * row),
      .values = floats.take(head.seq * row),
      .queries = floats.take(kTile * row),
      .queries_t = floats.take(kTile * head.head_dim),
      .out_t = floats.take(kTile * head.head_dim),
      .scores = floats.take(kTile * kTile),
      .factors = floats.take(kTile * kTile),
  };
  copy_rows(head.key, head.qkv_row, head.seq, head.head_dim, 1, scratch.keys);
  copy_rows(head.value, head.qkv_row, head.seq, head.head_dim, 1, scratch.values);
  for (std::int64_t first = 0; first < head.seq; first += kTile) forward_tile(head, first, scratch);
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(forward_head);

void attention_forward(Stream& stream, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                       const Dropout& dropout, const View& out, const View& lse) {
  const KernelScope scope(stream, "attention_forward");
  check_attention_forward(DType::kF32, shape, ids, qkv, dropout, out, lse);
  const auto forward = HWY_DYNAMIC_DISPATCH(forward_head);
  stream.parallel_for(attention_heads(shape, ids), [&](std::int64_t i, int thread) {
    const AttentionHead at = attention_head(shape, ids, i);
    HeadRows head = head_rows(shape, ids, at, qkv, dropout);
    head.out = out.as<float>() + at.out;
    head.lse = lse.as<float>() + at.lse;
    forward(head, stream.scratch(thread));
  });
}

}  // namespace triaxis::fast
#endif
