// What a configuration means, before any rank starts: tables, stages and what every rank will hold. All of the user's
// mistakes that need no second rank are found here.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"
#include "cost/memory.h"
#include "parameters/store.h"
#include "runtime/program.h"
#include "schedule/table.h"
#include "spec/slices.h"
#include "spec/stages.h"
#include "topology/grid.h"

namespace triaxis {

struct RunPlan {
  Grid grid;
  Table compute;  ///< as the generator or the file gives it, for people
  Table train;    ///< with reductions, lowered and verified
  Table forward;  ///< validation and generation
  std::vector<StageRange> stages;
  std::vector<std::vector<Block>> blocks;  ///< of each stage
  int first_rank = 0;                      ///< the pipeline's rank with the embedding
  int last_rank = 0;                       ///< the pipeline's rank with the head
  std::vector<OwnedSlice> saved;           ///< who writes what to a checkpoint
  std::vector<RankLoad> loads;             ///< one a pipeline rank
};

/// Throws UserError: a schedule that does not fit, a table that fails its verification, more stages than blocks.
RunPlan plan_run(const Config& config);

/// What is at one world rank.
struct RankPlan {
  Coordinates at;
  TensorSlice slice;
  std::int64_t groups = 1;        ///< data groups accumulated here
  std::int64_t microbatches = 1;  ///< a step
  Program train;
  Program forward;
};
RankPlan plan_rank(const Config& config, const RunPlan& plan, int rank);

/// Predicted bytes by category, each the largest over ranks; without thread scratch.
MemoryBytes largest_memory(const Config& config, const RunPlan& plan);

}  // namespace triaxis
