#include "spec/slices.h"

#include <algorithm>

#include "base/error.h"

namespace triaxis {
namespace {

/// The ranks that hold what tensor rank `tensor` of a pipeline rank holds; all tensor ranks' if the part is replicated.
std::vector<int> holders(const Grid& grid, int pipeline, int tensor, bool replicated) {
  Coordinates at;
  at.pipeline = pipeline;
  at.tensor = tensor;
  if (replicated) return grid.group(grid.rank(at), {Axis::kTensor, Axis::kData});
  return grid.group(grid.rank(at), Axis::kData);
}

}  // namespace

std::vector<OwnedSlice> owned_slices(const Model& model, const SavedLayout& layout) {
  const int tensor_ranks = layout.grid.degrees().tensor;
  const std::int64_t local = layout.tensor_shards / tensor_ranks;
  const std::vector<Block> blocks = blocks_of(model);
  check(layout.rank_of_block.size() == blocks.size(), "every block of the model has a pipeline rank");
  std::vector<std::int64_t> load(static_cast<std::size_t>(layout.grid.ranks()), 0);
  std::vector<OwnedSlice> slices;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (const ParameterSpec& row : parameters_of(model, blocks[b])) {
      if (!row.tied_to.empty()) continue;
      const bool replicated = row.tensor.kind != SpreadKind::kSharded;
      for (int tensor = 0; tensor < (replicated ? 1 : tensor_ranks); ++tensor) {
        const Box box = box_of_shards(row, layout.tensor_shards, tensor * local, local);
        if (box.empty()) continue;
        const std::vector<int> ranks = holders(layout.grid, layout.rank_of_block[b], tensor, replicated);
        const int owner = *std::min_element(ranks.begin(), ranks.end(), [&](int x, int y) {
          return load[static_cast<std::size_t>(x)] < load[static_cast<std::size_t>(y)];
        });
        load[static_cast<std::size_t>(owner)] += box.elements();
        slices.push_back({row.name, row.shape, box, owner});
      }
    }
  }
  return slices;
}

}  // namespace triaxis
