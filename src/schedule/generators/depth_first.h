// The order of Megatron-LM's interleaved schedule (Narayanan et al. 2021, arXiv:2104.04473): stage s stands on rank
// s mod p, microbatches go in groups of p, and a group passes all stages of a rank before the next one enters; forwards
// from the rank's first stage, backwards from its last.
#pragma once

#include <vector>

#include "schedule/registry.h"

namespace triaxis {

/// One kind of action of a rank, and by how many turns it runs ahead of the turn that its place in the order gives it.
struct Lead {
  ActionKind kind;
  int turns;
};

/// Fills the rank's row: in each turn one action of each kind, in the order of `leads`.
///
/// Running this order with a smaller last group would deadlock: its forwards come round from the last rank in fewer
/// than p turns, and that rank may be p - 1 turns behind. So the last group has the turns of a whole one, and those of
/// the microbatches that it lacks are left out. The table can be executed as that of whole groups can, since
/// microbatches wait for each other only within a row, and no action starts later than there.
void fill_depth_first(const ScheduleRequest& request, int rank, const std::vector<Lead>& leads,
                      std::vector<Action>& row);

}  // namespace triaxis
