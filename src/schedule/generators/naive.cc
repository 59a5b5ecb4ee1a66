// One microbatch goes through the whole pipeline and back before the next starts: one rank works at a time.
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_naive(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int m = 0; m < request.microbatches; ++m) {
      row.push_back(make_action(ActionKind::kForward, rank, m));
      row.push_back(make_action(ActionKind::kBackward, rank, m));
    }
  }
}

}  // namespace triaxis
