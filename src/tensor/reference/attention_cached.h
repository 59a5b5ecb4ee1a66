// Attention of new tokens over a cache, one query at a time. The cache holds the keys of all heads, then their values,
// each [shards, heads, positions, head_dim].
#pragma once

#include "tensor/reference/attention.h"

namespace triaxis::reference {

inline std::int64_t attention_cache_size(const AttentionShape& shape, std::int64_t positions) {
  return 2 * shape.shards * shape.heads * positions * shape.head_dim;
}

/// out [head_dim] = the values of `keys` positions weighted by softmax(scale query keys).
template <typename T>
void attend(const T* query, const T* keys, const T* values, std::int64_t seen, const AttentionShape& shape, T* scores,
            T* out) {
  const std::int64_t channels = shape.head_dim;
  T largest = -std::numeric_limits<T>::infinity();
  for (std::int64_t j = 0; j < seen; ++j) {
    scores[j] = static_cast<T>(shape.scale) * dot(query, keys + j * channels, channels);
    largest = larger(largest, scores[j]);
  }
  T sum = 0;
  for (std::int64_t j = 0; j < seen; ++j) sum += std::exp(scores[j] - largest);
  std::fill_n(out, channels, T(0));
  for (std::int64_t j = 0; j < seen; ++j) {
    add_scaled(std::exp(scores[j] - largest) / sum, values + j * channels, out, channels);
  }
}

template <typename T>
void attention_cached(Stream& stream, const AttentionShape& shape, std::int64_t past, std::int64_t count,
                      const View& qkv, const View& cache, const View& out) {
  check_attention_cached(dtype_of<T>(), shape, past, count, qkv, cache, out);
  const std::int64_t heads = shape.shards * shape.heads;
  const std::int64_t channels = shape.head_dim;
  const std::int64_t positions = cache.size() / (2 * heads * channels);
  check(past + count <= positions, "the cache has room for the new tokens");
  T* scores = scores_in_scratch<T>(stream, shape, past + count);
  const TokenIds new_tokens{.batch = 1, .seq = out.dim(1), .sequences = {}, .positions = {}, .document_starts = {}};
  for (std::int64_t head = 0; head < heads; ++head) {
    const AttentionHead at = attention_head(shape, new_tokens, head);
    T* keys = cache.as<T>() + head * positions * channels;
    T* values = keys + heads * positions * channels;
    for (std::int64_t i = 0; i < count; ++i) {
      const T* row = qkv.as<T>() + i * at.qkv_row;
      std::copy_n(row + at.key, channels, keys + (past + i) * channels);
      std::copy_n(row + at.value, channels, values + (past + i) * channels);
      attend(row + at.query, keys, values, past + i + 1, shape, scores, out.as<T>() + at.out + i * at.out_row);
    }
  }
}

}  // namespace triaxis::reference
