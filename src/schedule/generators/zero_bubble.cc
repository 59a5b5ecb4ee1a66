// Zero bubble by hand (Qi et al. 2023, arXiv:2401.10241): the backward is split into I, which the rank before waits
// for, and W, which nobody waits for and which fills the gaps.
//
// Both orders are 1F1B with W behind I by some backwards. Rank r runs `ahead` forwards before its first I and keeps its
// W `behind` by as many as make up for the ranks in front of it, so that all ranks hold equally many activations.
#include <algorithm>

#include "schedule/generators/generators.h"

namespace triaxis {
namespace {

void fill(std::vector<Action>& row, int stage, int microbatches, int ahead, int behind) {
  const auto add = [&](ActionKind kind, int m) { row.push_back(make_action(kind, stage, m)); };
  for (int m = 0; m < std::min(ahead, microbatches); ++m) add(ActionKind::kForward, m);
  for (int m = 0; m < microbatches; ++m) {
    add(ActionKind::kBackwardInput, m);
    if (m >= behind) add(ActionKind::kBackwardWeight, m - behind);
    if (m + ahead < microbatches) add(ActionKind::kForward, m + ahead);
  }
  for (int m = std::max(0, microbatches - behind); m < microbatches; ++m) add(ActionKind::kBackwardWeight, m);
}

}  // namespace

/// As many forwards ahead as 1F1B: its memory, and the last rank's Is leave without waiting for its Ws.
void generate_zb_h1(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank)
    fill(table.rows[static_cast<std::size_t>(rank)], rank, request.microbatches, request.ranks - rank, rank);
}

/// Ahead by what fills the time until the first I comes back, for nearly twice the memory.
void generate_zb_h2(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    const int ahead = 2 * (request.ranks - rank) - 1;
    fill(table.rows[static_cast<std::size_t>(rank)], rank, request.microbatches, ahead, 2 * rank);
  }
}

}  // namespace triaxis
