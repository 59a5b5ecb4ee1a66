// Forwards only. With several stages a rank, stage s stands on rank s mod p, and microbatches go through in groups of
// p: a group passes all stages of a rank before the next one enters, so that what comes round from the last rank is
// used at once (the order of Megatron-LM's interleaved schedule, arXiv:2104.04473).
#include <algorithm>

#include "schedule/generators/generators.h"

namespace triaxis {

void generate_forward(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int group = 0; group < request.microbatches; group += request.ranks) {
      const int group_end = std::min(group + request.ranks, request.microbatches);
      for (int stage = rank; stage < table.stages; stage += request.ranks)
        for (int m = group; m < group_end; ++m) row.push_back(make_action(ActionKind::kForward, stage, m));
    }
  }
}

}  // namespace triaxis
