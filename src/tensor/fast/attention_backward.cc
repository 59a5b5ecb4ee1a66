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

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

struct BackwardScratch {
  float *keys, *values;                      ///< [seq][channels]
  float *dkeys, *dvalues;                    ///< [seq][channels]
  float *queries, *dout;                     ///< [kTile][channels]
  float *queries_t, *dout_t, *dqueries_t;    ///< [channels][kTile]
  float *probabilities, *dscores, *factors;  ///< [kTile keys][kTile queries]
};

/// Each query's log-sum-exp, and the D of above.
struct QueryNumbers {
  alignas(64) float lse[kTile] = {};
  alignas(64) float mean_gradient[kTile] = {};
};

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

/// The rows of a tile's queries and of their outputs' gradients, as they are and transposed.
void read_tile(const HeadRows& head, const QueryTile& queries, const BackwardScratch& scratch, QueryNumbers& numbers) {
  const std::int64_t channels = head.head_dim;
  const std::int64_t row = padded_channels(channels);
  const float* out = head.out + queries.first * head.out_row;
  const float* dout = head.dout + queries.first * head.out_row;
  copy_rows(head.query + queries.first * head.qkv_row, head.qkv_row, queries.count, channels, head.scale,
            scratch.queries);
  copy_rows(dout, head.out_row, queries.count, channels, 1, scratch.dout);
  for (float* transposed : {scratch.queries_t, scratch.dout_t, scratch.dqueries_t}) {
    std::fill_n(transposed, channels * kTile, 0.0f);
  }
  transpose(scratch.queries, row, queries.count, channels, scratch.queries_t, kTile);
  transpose(scratch.dout, row, queries.count, channels, scratch.dout_t, kTile);
  for (std::int64_t q = 0; q < queries.count; ++q) {
    const auto multiply = [](Float a, Float b) HWY_ATTR { return hn::Mul(a, b); };
    numbers.lse[q] = head.lse[queries.first + q];
    numbers.mean_gradient[q] =
        sum_of_lanes(sum_map(channels, multiply, dout + q * head.out_row, out + q * head.out_row));
  }
}

void backward_tile(const HeadRows& head, std::int64_t first_query, const BackwardScratch& scratch) {
  const QueryTile queries(head, first_query);
  const std::int64_t channels = head.head_dim;
  const std::int64_t row = padded_channels(channels);
  QueryNumbers numbers;
  read_tile(head, queries, scratch, numbers);
  for_visible_keys(head, queries, [&](const KeyTile& keys) HWY_ATTR {
    const float* key = scratch.keys + keys.first * row;
    const float* value = scratch.values + keys.first * row;
    product(false, keys.count, kTile, channels, {key, row, 1}, scratch.queries_t, kTile, scratch.probabilities, kTile);
    product(false, keys.count, kTile, channels, {value, row, 1}, scratch.dout_t, kTile, scratch.dscores, kTile);
    score_gradients(head, queries, keys, numbers, scratch);
    product(true, keys.count, row, queries.count, {scratch.probabilities, kTile, 1}, scratch.dout, row,
            scratch.dvalues + keys.first * row, row);
    product(true, keys.count, row, queries.count, {scratch.dscores, kTile, 1}, scratch.queries, row,
            scratch.dkeys + keys.first * row, row);
    product(true, channels, kTile, keys.count, {key, 1, row}, scratch.dscores, kTile, scratch.dqueries_t, kTile);
  });
  transpose(scratch.dqueries_t, kTile, channels, queries.count, scratch.queries, row);
  for (std::int64_t q = 0; q < queries.count; ++q) {
    map(
        channels, head.dquery + (first_query + q) * head.qkv_row,
        [&](Float v) HWY_ATTR { return hn::Mul(v, set(head.scale)); },
        static_cast<const float*>(scratch.queries + q * row));
  }
}

void backward_head(const HeadRows& head, std::span<std::byte> memory) {
  const std::int64_t channels = head.head_dim;
  const std::int64_t row = padded_channels(channels);
  ScratchFloats floats(memory);
  const BackwardScratch scratch{
      .keys = floats.take(head.seq * row),
      .values = floats.take(head.seq * row),
      .dkeys = floats.take(head.seq * row),
      .dvalues = floats.take(head.seq * row),
      .queries = floats.take(kTile * row),
      .dout = floats.take(kTile * row),
      .queries_t = floats.take(kTile * channels),
      .dout_t = floats.take(kTile * channels),
      .dqueries_t = floats.take(kTile * channels),
      .probabilities = floats.take(kTile * kTile),
      .dscores = floats.take(kTile * kTile),
      .factors = floats.take(kTile * kTile),
  };
  copy_rows(head.key, head.qkv_row, head.seq, channels, 1, scratch.keys);
  copy_rows(head.value, head.qkv_row, head.seq, channels, 1, scratch.values);
  std::fill_n(scratch.dkeys, head.seq * row, 0.0f);
  std::fill_n(scratch.dvalues, head.seq * row, 0.0f);
  for (std::int64_t first = 0; first < head.seq; first += kTile) backward_tile(head, first, scratch);
  for (std::int64_t j = 0; j < head.seq; ++j) {
    std::copy_n(scratch.dkeys + j * row, channels, head.dkey + j * head.qkv_row);
    std::copy_n(scratch.dvalues + j * row, channels, head.dvalue + j * head.qkv_row);
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
    HeadRows head = head_rows(shape, ids, at, qkv, dropout);
    head.out = out.as<float>() + at.out;
    head.lse = lse.as<float>() + at.lse;
    head.dout = dout.as<float>() + at.out;
    head.dquery = dqkv.as<float>() + at.query;
    head.dkey = dqkv.as<float>() + at.key;
    head.dvalue = dqkv.as<float>() + at.value;
    backward(head, stream.scratch(thread));
  });
}

/// Of backward_head, which takes more than forward_head.
std::size_t attention_scratch(const AttentionShape& shape, std::int64_t seq) {
  const std::int64_t row = padded_channels(shape.head_dim);
  const std::int64_t floats = 4 * seq * row + 2 * kTile * row + 3 * kTile * shape.head_dim + 3 * kTile * kTile;
  return static_cast<std::size_t>(floats) * sizeof(float);
}

}  // namespace triaxis::fast
#endif
