// Interleaved 1F1B (Megatron-LM: Narayanan et al. 2021, arXiv:2104.04473), depth first: a rank runs ahead by two
// forwards for each rank behind it and by a group for each further stage of its own, then one forward and one backward
// in turn. Megatron-LM wants p to divide m; depth_first.h says what is done where it does not.
#include "schedule/generators/depth_first.h"
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_interleaved(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    const int ahead = 2 * (request.ranks - 1 - rank) + (request.stages_per_rank - 1) * request.ranks;
    fill_depth_first(request, rank, {{ActionKind::kForward, ahead}, {ActionKind::kBackward, 0}},
                     table.rows[static_cast<std::size_t>(rank)]);
  }
}

}  // namespace triaxis
