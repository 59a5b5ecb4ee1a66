// The order that DualPipe and its cut-in-half form share.
#pragma once

#include <vector>

#include "schedule/table.h"

namespace triaxis {

/// A rank of a pipeline that microbatches pass twice: at the stage near their entry, and at the one far from it.
struct TwoWayRank {
  int depth = 0;       // how many ranks stand nearer to the entry
  int ranks = 1;       // between the entry and the turn
  int count = 0;       // microbatches that pass each of the two stages; at least 2 x ranks
  int near_first = 0;  // the first of those at the near stage
  int far_first = 0;
};

/// Fills the row: the near stage is number `depth`, the far one as many from the end of 2 x ranks stages.
///
/// Forwards fill the pipeline; then forwards of one stage run at once with backwards of the other, in OVERLAP_F_B
/// cells; backwards drain it, split where their Ws can fill gaps (DeepSeek-V3 technical report 2024, arXiv:2412.19437,
/// figure 5).
void fill_two_way(const TwoWayRank& rank, std::vector<Action>& row);

}  // namespace triaxis
