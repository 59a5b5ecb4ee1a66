// Attention backward (Dao et al. 2022): one task a head, so that the sums of the keys' and values' gradients run over
// the tiles of queries in order. With P the probabilities, dP = dO V^T and D the sum over keys of P dP, which is dO O:
// dS = P (dP - D), dQ = scale dS K, dK = scale dS^T Q, dV = P^T dO.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/attention_backward.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include "tensor/fast/attention.h"
#include "tensor/fast/attention_tiles-inl.h"
#include "tensor/fast/kernels.h"
#include "tensor/kernel_checks.h"

namespace triaxis::fast {

#ifndef TRIAXIS_TENSOR_FAST_ATTENTION_BACKWARD_ONCE_
#define TRIAXIS_TENSOR_FAST_ATTENTION_BACKWARD_ONCE_
/// What the backward reads and writes beside HeadRows.
struct BackwardRows {
  const float* out = nullptr;
  const float* dout = nullptr;
  const float* lse = nullptr;
  float* dquery = nullptr;
  float* dkey = nullptr;
  float* dvalue = nullptr;
};
#endif

}  // namespace triaxis::fast

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

struct BackwardScratch {
  float *keys, *values;                      ///< [kTile][channels]
  float *queries, *dout;                     ///< [kTile][channels]
  float *queries_t, *dout_t, *dqueries_t;    ///< [channels][kTile]
  float *probabilities, *dscores, *factors;  ///< [kTile keys][kTile queries]
  float *dkeys, *dvalues;                    ///< [seq][channels]
};

/// Each query's log-sum-exp, and the D of above.
struct QueryNumbers {
  alignas(64) float lse[kTile] = {};
  alignas(64) float mean_gradient[kTile] = {};
};

void scale_floats(float* x, std::int64_t n, float factor) {
  map(
      n, x, [&](Float v) HWY_ATTR { return hn::Mul(v, set(factor)); }, static_cast<const float*>(x));
}

/// From scores and dP to P (with dropout) and dS, in place.
HWY_INLINE void score_gradients(const HeadRows& head, const QueryTile& queries, const KeyTile& keys,
                                const QueryNumbers& numbers, const BackwardScratch& scratch) {
  const bool dropping = head.dropout->probability > 0;
  if (dropping) dropout_factors(head, queries, keys, scratch.factors);
  for (std::int64_t j = 0; j < keys.count; ++j) {
    for (std::int64_t q = 0; q < kTile; q += kLanes) {
      const std::int64_t at = j * kTile + q;
      Float probability = exp(hn::Sub(load(scratch.probabilities + at), load(numbers.lse + q)));
      if (!keys.all_visible) probability = hn::IfThenZeroElse(hidden(queries, q, keys.position[j]), probability);
      Float gradient = load(scratch.dscores + at);
      Float dropped = probability;
      if (dropping) {
        const Float factor = load(scratch.factors + at);
        gradient = hn::Mul(gradient, factor);
        dropped = hn::Mul(probability, factor);
      }
      store(dropped, scratch.probabilities + at);
      store(hn::Mul(probability, hn::Sub(gradient, load(numbers.mean_gradient + q))), scratch.dscores + at);
    }
  }
}

void backward_tile(const HeadRows& head, const BackwardRows& rows, std::int64_t first_query,
                   const BackwardScratch& scratch) {
  const QueryTile queries(head, first_query);
  const std::int64_t channels = head.head_dim;
  const std::int64_t row = padded_channels(channels);
  const float* query = head.query + first_query * head.qkv_row;
  const float* dout = rows.dout + first_query * head.out_row;
  const float* out = rows.out + first_query * head.out_row;
  QueryNumbers numbers;
  for (std::int64_t q = 0; q < queries.count; ++q) {
    numbers.lse[q] = rows.lse[first_query + q];
    numbers.mean_gradient[q] = sum_of_lanes(sum_map(
        channels, [](Float a, Float b) HWY_ATTR { return hn::Mul(a, b); }, dout + q * head.out_row,
        out + q * head.out_row));
  }
  copy_rows(query, head.qkv_row, queries.count, channels, scratch.queries);
  copy_rows(dout, head.out_row, queries.count, channels, scratch.dout);
  std::fill_n(scratch.queries_t, channels * kTile, 0.0f);
  std::fill_n(scratch.dout_t, channels * kTile, 0.0f);
  std::fill_n(scratch.dqueries_t, channels * kTile, 0.0f);
  transpose(query, head.qkv_row, queries.count, channels, scratch.queries_t, kTile);
  transpose(dout, head.out_row, queries.count, channels, scratch.dout_t, kTile);
  scale_floats(scratch.queries_t, channels * kTile, head.scale);

  for_visible_keys(head, queries, [&](const KeyTile& keys) HWY_ATTR {
    copy_rows(head.key + keys.first * head.qkv_row, head.qkv_row, keys.count, channels, scratch.keys);
    copy_rows(head.value + keys.first * head.qkv_row, head.qkv_row, keys.count, channels, scratch.values);
    product<false>(keys.count, kTile, channels, {scratch.keys, row, 1}, scratch.queries_t, kTile, scratch.probabilities,
                   kTile);
    product<false>(keys.count, kTile, channels, {scratch.values, row, 1}, scratch.dout_t, kTile, scratch.dscores,
                   kTile);
    score_gradients(head, queries, keys, numbers, scratch);
    product<true>(keys.count, row, queries.count, {scratch.probabilities, kTile, 1}, scratch.dout, row,
                  scratch.dvalues + keys.first * row, row);
    product<true>(keys.count, row, queries.count, {scratch.dscores, kTile, 1}, scratch.queries, row,
                  scratch.dkeys + keys.first * row, row);
    product<true>(channels, kTile, keys.count, {scratch.keys, 1, row}, scratch.dscores, kTile, scratch.dqueries_t,
                  kTile);
  });
  scale_floats(scratch.dqueries_t, channels * kTile, head.scale);
  transpose(scratch.dqueries_t, kTile, channels, queries.count, rows.dquery + first_query * head.qkv_row, head.qkv_row);
}

void backward_head(const HeadRows& head, const BackwardRows& rows, std::span<std::byte> memory) {
  const std::int64_t channels = head.head_dim;
  const std::int64_t row = padded_channels(channels);
  ScratchFloats floats(memory);
  BackwardScratch scratch;
  for (float** tile : {&scratch.keys, &scratch.values, &scratch.queries, &scratch.dout})
    *tile = floats.take(kTile * row);
  for (float** tile : {&scratch.queries_t, &scratch.dout_t, &scratch.dqueries_t}) *tile = floats.take(kTile * channels);
  for (float** tile : {&scratch.probabilities, &scratch.dscores, &scratch.factors}) *tile = floats.take(kTile * kTile);
  for (float** sums : {&scratch.dkeys, &scratch.dvalues}) {
    *sums = floats.take(head.seq * row);
    std::fill_n(*sums, head.seq * row, 0.0f);
  }
  for (std::int64_t first = 0; first < head.seq; first += kTile) backward_tile(head, rows, first, scratch);
  scale_floats(scratch.dkeys, head.seq * row, head.scale);
  for (std::int64_t j = 0; j < head.seq; ++j) {
    std::copy_n(scratch.dkeys + j * row, channels, rows.dkey + j * head.qkv_row);
    std::copy_n(scratch.dvalues + j * row, channels, rows.dvalue + j * head.qkv_row);
  }
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(backward_head);

void attention_backward(Stream& stream, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                        const View& out, const View& lse, const View& dout, const Dropout& dropout, const View& dqkv) {
  const KernelScope scope(stream, "attention_backward");
  check_attention_backward(DType::kF32, shape, ids, qkv, out, lse, dout, dropout, dqkv);
  const auto backward = HWY_DYNAMIC_DISPATCH(backward_head);
  stream.parallel_for(attention_heads(shape, ids), [&](std::int64_t i, int thread) {
    const AttentionHead at = attention_head(shape, ids, i);
    const HeadRows head = head_rows(shape, ids, at, qkv.as<float>(), dropout);
    BackwardRows rows;
    rows.out = out.as<float>() + at.out;
    rows.dout = dout.as<float>() + at.out;
    rows.lse = lse.as<float>() + at.lse;
    rows.dquery = dqkv.as<float>() + at.query;
    rows.dkey = dqkv.as<float>() + at.key;
    rows.dvalue = dqkv.as<float>() + at.value;
    backward(head, rows, stream.scratch(thread));
  });
}

/// Of backward_head, which takes more than forward_head.
std::size_t attention_scratch(const AttentionShape& shape, std::int64_t seq) {
  const std::int64_t row = padded_channels(shape.head_dim);
  const std::int64_t floats = 4 * kTile * row + 3 * kTile * shape.head_dim + 3 * kTile * kTile + 2 * seq * row;
  return static_cast<std::size_t>(floats) * sizeof(float);
}

}  // namespace triaxis::fast
#endif
