// Causal attention, one query at a time: the probabilities of one query's keys are the only intermediate.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "tensor/attention_head.h"
#include "tensor/dropout.h"
#include "tensor/kernel_checks.h"
#include "tensor/reference/elementwise.h"

namespace triaxis::reference {

/// Tokens i and j of the whole microbatch.
inline bool visible(const TokenIds& ids, std::int64_t query, std::int64_t key) {
  const std::int32_t* positions = ids.positions.as<std::int32_t>();
  return ids.document_starts.as<std::int32_t>()[query] <= positions[key] && positions[key] <= positions[query];
}

/// Dropout's factor for query i and key j of the sequence.
template <typename T>
T attention_factor(const Dropout& dropout, const TokenIds& ids, const AttentionHead& at, std::int64_t i,
                   std::int64_t j) {
  const auto position = static_cast<std::uint32_t>(ids.positions.as<std::int32_t>()[at.first_token + j]);
  return static_cast<T>(dropout_factor(dropout, at.first_token + i, at.first_channel + position));
}

template <typename T>
T dot(const T* a, const T* b, std::int64_t n) {
  T sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// y += factor * x.
template <typename T>
void add_scaled(T factor, const T* x, T* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

template <typename T>
std::size_t attention_scratch(const AttentionShape&, std::int64_t seq) {
  return static_cast<std::size_t>(seq) * sizeof(T);
}

template <typename T>
T* scores_in_scratch(Stream& stream, const AttentionShape& shape, std::int64_t seq) {
  const std::span<std::byte> scratch = stream.scratch(0);
  check(scratch.size() >= attention_scratch<T>(shape, seq), "reserve attention_scratch first");
  return reinterpret_cast<T*>(scratch.data());
}

template <typename T>
void attention_forward(Stream& stream, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                       const Dropout& dropout, const View& out, const View& lse) {
  check_attention_forward(dtype_of<T>(), shape, ids, qkv, dropout, out, lse);
  T* scores = scores_in_scratch<T>(stream, shape, ids.seq);
  const T* data = qkv.as<T>();
  const std::int64_t channels = shape.head_dim;
  for (std::int64_t head = 0; head < attention_heads(shape, ids); ++head) {
    const AttentionHead at = attention_head(shape, ids, head);
    for (std::int64_t i = 0; i < ids.seq; ++i) {
      const auto sees = [&](std::int64_t j) { return visible(ids, at.first_token + i, at.first_token + j); };
      T largest = -std::numeric_limits<T>::infinity();
      for (std::int64_t j = 0; j < ids.seq; ++j) {
        if (!sees(j)) continue;
        scores[j] = static_cast<T>(shape.scale) *
                    dot(data + at.query + i * at.qkv_row, data + at.key + j * at.qkv_row, channels);
        largest = larger(largest, scores[j]);
      }
      T sum = 0;
      for (std::int64_t j = 0; j < ids.seq; ++j) {
        if (sees(j)) sum += std::exp(scores[j] - largest);
      }
      T* row = out.as<T>() + at.out + i * at.out_row;
      std::fill_n(row, channels, T(0));
      for (std::int64_t j = 0; j < ids.seq; ++j) {
        if (!sees(j)) continue;
        const T probability = std::exp(scores[j] - largest) / sum * attention_factor<T>(dropout, ids, at, i, j);
        add_scaled(probability, data + at.value + j * at.qkv_row, row, channels);
      }
      lse.as<T>()[at.lse + i] = largest + std::log(sum);
    }
  }
}

template <typename T>
void attention_backward(Stream&, const AttentionShape& shape, const TokenIds& ids, const View& qkv, const View& out,
                        const View& lse, const View& dout, const Dropout& dropout, const View& dqkv) {
  check_attention_backward(dtype_of<T>(), shape, ids, qkv, out, lse, dout, dropout, dqkv);
  std::fill_n(dqkv.as<T>(), dqkv.size(), T(0));
  const T scale = static_cast<T>(shape.scale);
  const std::int64_t channels = shape.head_dim;
  for (std::int64_t head = 0; head < attention_heads(shape, ids); ++head) {
    const AttentionHead at = attention_head(shape, ids, head);
    for (std::int64_t i = 0; i < ids.seq; ++i) {
      const T* query = qkv.as<T>() + at.query + i * at.qkv_row;
      const T* dout_row = dout.as<T>() + at.out + i * at.out_row;
      // The sum over keys of probability times its gradient, which softmax takes off every gradient.
      const T mean_gradient = dot(dout_row, out.as<T>() + at.out + i * at.out_row, channels);
      for (std::int64_t j = 0; j < ids.seq; ++j) {
        if (!visible(ids, at.first_token + i, at.first_token + j)) continue;
        const T* key = qkv.as<T>() + at.key + j * at.qkv_row;
        const T* value = qkv.as<T>() + at.value + j * at.qkv_row;
        const T factor = attention_factor<T>(dropout, ids, at, i, j);
        const T probability = std::exp(scale * dot(query, key, channels) - lse.as<T>()[at.lse + i]);
        const T dscore = scale * probability * (factor * dot(dout_row, value, channels) - mean_gradient);
        add_scaled(dscore, key, dqkv.as<T>() + at.query + i * at.qkv_row, channels);
        add_scaled(dscore, query, dqkv.as<T>() + at.key + j * at.qkv_row, channels);
        add_scaled(probability * factor, dout_row, dqkv.as<T>() + at.value + j * at.qkv_row, channels);
      }
    }
  }
}

}  // namespace triaxis::reference
