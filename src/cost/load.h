// From a configuration and its tables to what each rank holds.
#pragma once

#include <span>
#include <vector>

#include "config/config.h"
#include "cost/memory.h"
#include "schedule/table.h"
#include "spec/stages.h"

namespace triaxis {

/// What the pipeline's ranks hold, one entry a rank, when each runs all of `tables` (training and validation share
/// slots and buffers, so the larger need counts). REQUIRES: the tables are lowered and verified, and cut the model into
/// `stages`. Scratch is the caller's to add.
std::vector<RankLoad> loads_of(const Config& config, std::span<const StageRange> stages, std::span<const Table> tables);

}  // namespace triaxis
