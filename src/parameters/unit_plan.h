// Which units a stage's parameters make, and their shapes, before any memory is taken.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "parameters/store.h"

namespace triaxis {

struct UnitPlan {
  std::string name;
  bool sharded = false;
  std::vector<std::int64_t> shape;  ///< of the unit on this rank, shard dimension included
  int weight_of = -1;
  std::int64_t elements() const;
};

struct StorePlan {
  std::vector<UnitPlan> units;
  std::vector<Entry> entries;
};

/// Members of a pack are joined along their first dimension.
StorePlan plan_store(const Model& model, std::span<const Block> blocks, const TensorSlice& slice);

}  // namespace triaxis
