// The model as a description: the `[model]` keys and what follows from them alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace triaxis {

/// A decoder-only transformer. Every shape is global: nothing here depends on a layout.
struct Model {
  std::string family = "gpt2";
  std::int64_t layers = 12;
  std::int64_t hidden = 768;
  std::int64_t heads = 12;
  std::int64_t kv_heads = 12;
  std::int64_t ffn_hidden = 3072;
  std::int64_t vocab = 50304;
  std::int64_t seq_len = 1024;
  bool tie_embeddings = true;
  double dropout = 0.0;
  double norm_eps = 1e-5;
  double rope_theta = 10000.0;
  std::int64_t head_dim = 64;
  double init_std = 0.02;
};

enum class BlockKind : std::uint8_t { kEmbedding, kLayer, kHead };

/// One unit that a stage is made of. Blocks are numbered along the model: the embedding 0, layer l as l + 1, the head
/// last.
struct Block {
  BlockKind kind = BlockKind::kLayer;
  std::int64_t layer = 0;  ///< of a kLayer

  bool operator==(const Block&) const = default;
};

/// All blocks of the model, in order.
std::vector<Block> blocks_of(const Model& model);

/// The global name that the block's parameters and random sites start with: "embedding", "layers.3", "head".
std::string name_of(const Block& block);

}  // namespace triaxis
