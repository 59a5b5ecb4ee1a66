// Chimera (Li and Hoefler 2021, arXiv:2107.06925), direct concatenation: two pipelines over the same ranks in opposite
// directions, each with half of the microbatches, so that each rank holds two stages and each stage is on two ranks.
// Units of p microbatches, p/2 a direction, follow each other without a gap where F takes as long as B.
#include "schedule/generators/alternating.h"
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_chimera(const ScheduleRequest& request, Table& table) {
  const int half = request.microbatches / 2;
  for (int rank = 0; rank < request.ranks; ++rank) {
    const StageStream down{rank, 0, half};
    const StageStream up{table.stages - 1 - rank, half, half};
    fill_alternating(table.stages, request.ranks / 2, {down, up}, table.rows[static_cast<std::size_t>(rank)]);
  }
}

}  // namespace triaxis
