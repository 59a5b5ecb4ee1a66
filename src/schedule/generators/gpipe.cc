// GPipe (Huang et al. 2019, arXiv:1811.06965): all forwards, then all backwards. The paper leaves the order of the
// backwards open; ours is ascending.
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_gpipe(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int m = 0; m < request.microbatches; ++m) row.push_back(make_action(ActionKind::kForward, rank, m));
    for (int m = 0; m < request.microbatches; ++m) row.push_back(make_action(ActionKind::kBackward, rank, m));
  }
}

}  // namespace triaxis
