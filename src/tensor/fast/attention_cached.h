// One head of a call of attention_cached.
#pragma once

#include <cstdint>

namespace triaxis::fast {

/// The head's part of the cache and its rows of the new tokens.
struct CachedHead {
  float* keys = nullptr;    ///< [tiles][head_dim][kTile]
  float* values = nullptr;  ///< [tiles][kTile][padded_channels]
  const float* query = nullptr;
  const float* key = nullptr;
  const float* value = nullptr;
  float* out = nullptr;
  std::int64_t qkv_row = 0;
  std::int64_t out_row = 0;
  std::int64_t head_dim = 0;
  float scale = 0;
  std::int64_t past = 0;
  std::int64_t count = 0;
};

}  // namespace triaxis::fast
