// Interleaved 1F1B (Megatron-LM: Narayanan et al. 2021, arXiv:2104.04473), depth first: a rank runs ahead by two
// forwards for each rank behind it and by a group for each further stage of its own, then one forward and one backward
// in turn.
//
// Megatron-LM wants p to divide m. Running the order above with a smaller last group would deadlock: its forwards come
// round from the last rank in fewer than p turns, and that rank is p - 1 turns behind. So the last group keeps the
// turns of a whole one, and those of the microbatches that it lacks are left out.
#include <algorithm>

#include "schedule/generators/depth_first.h"
#include "schedule/generators/generators.h"
#include "schedule/generators/row_writer.h"

namespace triaxis {

void generate_interleaved(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    const DepthFirst order(request, rank);
    RowWriter row(table, rank);
    const auto forward = [&](int k) { row.add(ActionKind::kForward, order.forward_stage(k), order.microbatch(k)); };
    const int ahead =
        std::min(2 * (request.ranks - 1 - rank) + (request.stages_per_rank - 1) * request.ranks, order.size());
    for (int k = 0; k < ahead; ++k) forward(k);
    for (int k = 0; k < order.size(); ++k) {
      if (k + ahead < order.size()) forward(k + ahead);
      row.add(ActionKind::kBackward, order.backward_stage(k), order.microbatch(k));
    }
  }
}

}  // namespace triaxis
