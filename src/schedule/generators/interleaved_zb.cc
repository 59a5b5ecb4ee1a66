// Interleaved with split backwards: the order of Megatron-LM (arXiv:2104.04473) under the rule of ZB-H1 (Qi et al.
// 2023, arXiv:2401.10241), as PyTorch's ScheduleInterleavedZeroBubble has it. Rank r runs ahead by one forward for each
// rank behind it, not two, and does the W of a microbatch r backwards after its I: so all ranks hold the same.
#include "schedule/generators/depth_first.h"
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_interleaved_zb(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    const int ahead = request.ranks - 1 - rank + (request.stages_per_rank - 1) * request.ranks;
    fill_depth_first(
        request, rank,
        {{ActionKind::kForward, ahead}, {ActionKind::kBackwardInput, 0}, {ActionKind::kBackwardWeight, -rank}},
        table.rows[static_cast<std::size_t>(rank)]);
  }
}

}  // namespace triaxis
