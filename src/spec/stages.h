// Cutting a model into pipeline stages: runs of blocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spec/model.h"

namespace triaxis {

/// Blocks [first, last) of blocks_of(model).
struct StageRange {
  std::int64_t first = 0;
  std::int64_t last = 0;

  bool operator==(const StageRange&) const = default;
};

/// Contiguous stages, each of at least one block, whose dearest stage is as cheap as can be; among those, the one with
/// the smallest sum of squares. `costs` is one entry a block. REQUIRES: 1 <= stages <= costs.size().
std::vector<StageRange> balance_stages(std::span<const double> costs, std::int64_t stages);

/// Stages of as many transformer layers as given, the embedding joining the first and the head the last. REQUIRES: the
/// sum is model.layers.
std::vector<StageRange> explicit_stages(const Model& model, std::span<const std::int64_t> layers_per_stage);

}  // namespace triaxis
