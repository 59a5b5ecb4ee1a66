// 1F1B without a flush: each stage updates its weights as soon as it has the gradients of so many microbatches, and
// microbatches under way finish with the version that they started with.
#include <algorithm>

#include "schedule/generators/generators.h"

namespace triaxis {
namespace {

void fill(const ScheduleRequest& request, int rank, int update_every, std::vector<Action>& row) {
  const int ahead = std::min(request.ranks - rank, request.microbatches);
  for (int m = 0; m < ahead; ++m) row.push_back(make_action(ActionKind::kForward, rank, m));
  for (int m = 0; m < request.microbatches; ++m) {
    row.push_back(make_action(ActionKind::kBackward, rank, m));
    if ((m + 1) % update_every == 0 || m + 1 == request.microbatches)
      row.push_back(make_action(ActionKind::kUpdate, rank, m / update_every));
    if (m + ahead < request.microbatches) row.push_back(make_action(ActionKind::kForward, rank, m + ahead));
  }
}

void generate(const ScheduleRequest& request, int update_every, VersionRule rule, Table& table) {
  table.version_rule = request.version_rule.value_or(rule);
  for (int rank = 0; rank < request.ranks; ++rank)
    fill(request, rank, update_every, table.rows[static_cast<std::size_t>(rank)]);
}

}  // namespace

/// PipeDream (Narayanan et al. 2019, arXiv:1806.03377): an update a microbatch; weights are stashed.
void generate_pipedream(const ScheduleRequest& request, Table& table) {
  generate(request, std::max(1, request.update_every), VersionRule::kStash, table);
}

/// PipeDream-2BW (Narayanan et al. 2021, arXiv:2006.09503): updates so far apart that two versions are enough.
void generate_pipedream_2bw(const ScheduleRequest& request, Table& table) {
  generate(request, request.update_every > 0 ? request.update_every : request.ranks, VersionRule::kDouble, table);
}

}  // namespace triaxis
