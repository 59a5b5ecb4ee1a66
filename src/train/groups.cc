#include "train/groups.h"

#include <numeric>
#include <vector>

namespace triaxis {
namespace {

/// Every rank makes every group, in the same order, and keeps the one that it is in.
std::unique_ptr<Communicator> along(World& world, const Grid& grid, AxisSet axes) {
  std::unique_ptr<Communicator> mine;
  for (const std::vector<int>& ranks : grid.groups(axes)) {
    std::unique_ptr<Communicator> group = world.group(ranks);
    if (group != nullptr) mine = std::move(group);
  }
  return mine;
}

std::unique_ptr<Communicator> along_if_split(World& world, const Grid& grid, AxisSet axes) {
  return grid.group_size(axes) == 1 ? nullptr : along(world, grid, axes);
}

}  // namespace

Groups make_groups(World& world, const Grid& grid) {
  Groups groups;
  std::vector<int> everyone(static_cast<std::size_t>(grid.ranks()));
  std::iota(everyone.begin(), everyone.end(), 0);
  groups.all = world.group(everyone);
  groups.tensor = along_if_split(world, grid, Axis::kTensor);
  groups.pipeline = along_if_split(world, grid, Axis::kPipeline);
  groups.data = along_if_split(world, grid, Axis::kData);
  groups.tie = along_if_split(world, grid, Axis::kPipeline);
  groups.model = along(world, grid, {Axis::kTensor, Axis::kPipeline});
  groups.sequences = along(world, grid, {Axis::kPipeline, Axis::kData});
  return groups;
}

}  // namespace triaxis
