// Hanayo (Liu et al. 2023, arXiv:2308.15762): Chimera's two directions folded into one pipeline, whose stages go down
// the ranks and come back in waves. Two stages a rank are one wave. Groups of p microbatches follow each other without
// a gap where F takes as long as B. This is the variant in which all waves of a group run before those of the next.
#include "schedule/generators/alternating.h"
#include "schedule/generators/generators.h"

namespace triaxis {

void generate_hanayo(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    std::vector<StageStream> streams;
    for (int wave = 0; wave < request.stages_per_rank / 2; ++wave) {
      const int first = 2 * request.ranks * wave;
      streams.push_back({first + rank, 0, request.microbatches});
      streams.push_back({first + 2 * request.ranks - 1 - rank, 0, request.microbatches});
    }
    fill_alternating(table.stages, request.ranks, streams, table.rows[static_cast<std::size_t>(rank)]);
  }
}

}  // namespace triaxis
