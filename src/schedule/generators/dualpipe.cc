// DualPipe (DeepSeek-V3 technical report 2024, arXiv:2412.19437): two pipelines over the same ranks in opposite
// directions, each with half of the microbatches, whose forwards and backwards run at once, so that each hides the
// other's communication.
#include <algorithm>

#include "schedule/generators/generators.h"
#include "schedule/generators/two_way.h"

namespace triaxis {

void generate_dualpipe(const ScheduleRequest& request, Table& table) {
  const int half = request.microbatches / 2;
  for (int rank = 0; rank < request.ranks; ++rank) {
    const bool first_half = rank < request.ranks / 2;
    const int depth = std::min(rank, request.ranks - 1 - rank);
    fill_two_way({depth, request.ranks / 2, half, first_half ? 0 : half, first_half ? half : 0},
                 table.rows[static_cast<std::size_t>(rank)]);
  }
}

}  // namespace triaxis
