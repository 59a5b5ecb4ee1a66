// Where one head of one sequence of one shard lies in the tensors of an attention call (see tensor/kernels.h).
#pragma once

#include "tensor/kernels.h"

namespace triaxis {

struct AttentionHead {
  std::int64_t shard = 0;
  std::int64_t sequence = 0;
  std::int64_t first_token = 0;  ///< of the sequence
  // Element offsets of the head's first row in each tensor, and from one row to the next.
  std::int64_t query = 0;
  std::int64_t key = 0;
  std::int64_t value = 0;
  std::int64_t qkv_row = 0;
  std::int64_t out = 0;
  std::int64_t out_row = 0;
  std::int64_t lse = 0;
  std::uint32_t first_channel = 0;  ///< dropout's channel of the key at position 0
};

inline std::int64_t attention_heads(const AttentionShape& shape, const TokenIds& ids) {
  return shape.shards * ids.batch * shape.heads;
}

/// RETURNS: head `index` of the attention_heads.
inline AttentionHead attention_head(const AttentionShape& shape, const TokenIds& ids, std::int64_t index) {
  const std::int64_t head = index % shape.heads;
  const std::int64_t sequence = index / shape.heads % ids.batch;
  const std::int64_t shard = index / shape.heads / ids.batch;
  const std::int64_t first_row = (shard * ids.batch + sequence) * ids.seq;
  const std::int64_t width = shape.heads * shape.head_dim;
  AttentionHead at;
  at.shard = shard;
  at.sequence = sequence;
  at.first_token = sequence * ids.seq;
  at.qkv_row = 3 * width;
  at.query = first_row * at.qkv_row + head * shape.head_dim;
  at.key = at.query + width;
  at.value = at.key + width;
  at.out_row = width;
  at.out = first_row * width + head * shape.head_dim;
  at.lse = (shard * shape.heads + head) * ids.batch * ids.seq + at.first_token;
  at.first_channel = static_cast<std::uint32_t>((shape.first_head + shard * shape.heads + head) * ids.seq);
  return at;
}

}  // namespace triaxis
