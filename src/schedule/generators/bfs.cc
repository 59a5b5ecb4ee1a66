// Breadth-first pipeline (Lamy-Poirier 2022, arXiv:2211.05953): stage s stands on rank s mod p, and all microbatches
// pass a stage before the next one starts; GPipe with several stages a rank. What a stage gathers or reduces for its
// parameters is needed once a step, which is the point of it.
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_bfs(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int stage = rank; stage < table.stages; stage += request.ranks)
      for (int m = 0; m < request.microbatches; ++m) row.push_back(make_action(ActionKind::kForward, stage, m));
    for (int stage = table.stages - request.ranks + rank; stage >= 0; stage -= request.ranks)
      for (int m = 0; m < request.microbatches; ++m) row.push_back(make_action(ActionKind::kBackward, stage, m));
  }
}

}  // namespace triaxis
