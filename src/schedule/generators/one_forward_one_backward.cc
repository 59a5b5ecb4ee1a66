// 1F1B with a flush (PipeDream-Flush: Narayanan et al. 2021, arXiv:2006.09503): a rank runs ahead by as many forwards
// as there are ranks behind it, then one forward and one backward in turn, then the backwards that are left.
#include <algorithm>

#include "schedule/generators/generators.h"

namespace triaxis {

void generate_1f1b(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    const int ahead = std::min(request.ranks - 1 - rank, request.microbatches);
    for (int m = 0; m < ahead; ++m) row.push_back(make_action(ActionKind::kForward, rank, m));
    for (int m = 0; m < request.microbatches; ++m) {
      if (m + ahead < request.microbatches) row.push_back(make_action(ActionKind::kForward, rank, m + ahead));
      row.push_back(make_action(ActionKind::kBackward, rank, m));
    }
  }
}

}  // namespace triaxis
