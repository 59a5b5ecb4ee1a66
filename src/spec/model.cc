#include "spec/model.h"

#include <fmt/format.h>

namespace triaxis {

std::vector<Block> blocks_of(const Model& model) {
  std::vector<Block> blocks;
  blocks.push_back({BlockKind::kEmbedding, 0});
  for (std::int64_t layer = 0; layer < model.layers; ++layer) blocks.push_back({BlockKind::kLayer, layer});
  blocks.push_back({BlockKind::kHead, 0});
  return blocks;
}

std::string name_of(const Block& block) {
  switch (block.kind) {
    case BlockKind::kEmbedding:
      return "embedding";
    case BlockKind::kLayer:
      return fmt::format("layers.{}", block.layer);
    case BlockKind::kHead:
      return "head";
  }
  return {};
}

}  // namespace triaxis
