// What the two directions of attention share: how a head is cut into tiles, and the scratch that tiles take.
#pragma once

#include <span>
#include <utility>

#include "base/error.h"
#include "tensor/attention_head.h"

namespace triaxis::fast {

/// Queries, and keys, of a tile.
constexpr std::int64_t kTile = 64;

/// Floats from one row of a tile to the next where a row is one token's channels: whole vectors, padded with 0.
constexpr std::int64_t padded_channels(std::int64_t head_dim) { return (head_dim + 15) / 16 * 16; }

/// One head's rows of the tensors. Those that the forward does not use are null.
struct HeadRows {
  const float* query = nullptr;
  const float* key = nullptr;
  const float* value = nullptr;
  float* out = nullptr;
  float* lse = nullptr;
  const float* dout = nullptr;
  float* dquery = nullptr;
  float* dkey = nullptr;
  float* dvalue = nullptr;
  std::int64_t qkv_row = 0;
  std::int64_t out_row = 0;
  std::int64_t seq = 0;
  std::int64_t head_dim = 0;
  float scale = 0;
  const std::int32_t* positions = nullptr;
  const std::int32_t* document_starts = nullptr;
  const Dropout* dropout = nullptr;
  std::uint64_t sequence = 0;       ///< the number that dropout's bits take
  std::uint32_t first_channel = 0;  ///< of dropout
};

/// What both directions need.
inline HeadRows head_rows(const AttentionShape& shape, const TokenIds& ids, const AttentionHead& at, const View& qkv,
                          const Dropout& dropout) {
  HeadRows rows;
  rows.query = qkv.as<float>() + at.query;
  rows.key = qkv.as<float>() + at.key;
  rows.value = qkv.as<float>() + at.value;
  rows.qkv_row = at.qkv_row;
  rows.out_row = at.out_row;
  rows.seq = ids.seq;
  rows.head_dim = shape.head_dim;
  rows.scale = static_cast<float>(shape.scale);
  rows.positions = ids.positions.as<std::int32_t>() + at.first_token;
  rows.document_starts = ids.document_starts.as<std::int32_t>() + at.first_token;
  rows.dropout = &dropout;
  rows.sequence = static_cast<std::uint64_t>(ids.sequences.as<std::int64_t>()[at.sequence]);
  rows.first_channel = at.first_channel;
  return rows;
}

/// Hands out scratch from its start.
class ScratchFloats {
 public:
  explicit ScratchFloats(std::span<std::byte> scratch)
      : next_(reinterpret_cast<float*>(scratch.data())), left_(scratch.size() / sizeof(float)) {}

  float* take(std::int64_t count) {
    const auto size = static_cast<std::size_t>(count);
    check(size <= left_, "reserve attention_scratch first");
    left_ -= size;
    return std::exchange(next_, next_ + count);
  }

 private:
  float* next_;
  std::size_t left_;
};

}  // namespace triaxis::fast
