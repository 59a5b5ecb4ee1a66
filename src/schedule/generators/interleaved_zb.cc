// Interleaved with split backwards: the order of Megatron-LM (arXiv:2104.04473) under the rule of ZB-H1 (Qi et al.
// 2023, arXiv:2401.10241), as PyTorch's ScheduleInterleavedZeroBubble has it. Rank r runs ahead by one forward for each
// rank behind it, not two, and does the W of a microbatch r backwards after its I: so all ranks hold the same.
#include <algorithm>

#include "schedule/generators/depth_first.h"
#include "schedule/generators/generators.h"
#include "schedule/generators/row_writer.h"

namespace triaxis {

void generate_interleaved_zb(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    const DepthFirst order(request, rank);
    RowWriter row(table, rank);
    const auto forward = [&](int k) { row.add(ActionKind::kForward, order.forward_stage(k), order.microbatch(k)); };
    const auto backward = [&](ActionKind kind, int k) { row.add(kind, order.backward_stage(k), order.microbatch(k)); };
    const int ahead = std::min(request.ranks - 1 - rank + (request.stages_per_rank - 1) * request.ranks, order.size());
    for (int k = 0; k < ahead; ++k) forward(k);
    for (int k = 0; k < order.size(); ++k) {
      if (k + ahead < order.size()) forward(k + ahead);
      backward(ActionKind::kBackwardInput, k);
      if (k >= rank) backward(ActionKind::kBackwardWeight, k - rank);
    }
    for (int k = std::max(0, order.size() - rank); k < order.size(); ++k) backward(ActionKind::kBackwardWeight, k);
  }
}

}  // namespace triaxis
