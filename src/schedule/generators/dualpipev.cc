// DualPipeV: DualPipe (arXiv:2412.19437) cut in half, as its authors published it beside DualPipe and as PyTorch's
// ScheduleDualPipeV has it. The second direction becomes the way back up a V, so that one copy of the weights is
// enough.
#include "schedule/generators/generators.h"
#include "schedule/generators/two_way.h"

namespace triaxis {

void generate_dualpipev(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank)
    fill_two_way({rank, request.ranks, request.microbatches, 0, 0}, table.rows[static_cast<std::size_t>(rank)]);
}

}  // namespace triaxis
