#include "schedule/search/problem.h"

#include <algorithm>

#include "schedule/durations.h"

namespace triaxis {

using enum ActionKind;

namespace {

constexpr ActionKind kKinds[] = {kForward, kBackwardInput, kBackwardWeight};

}  // namespace

Placement loop_placement(int ranks, int stages_per_rank) {
  Placement placement;
  for (int stage = 0; stage < ranks * stages_per_rank; ++stage) placement.push_back(stage % ranks);
  return placement;
}

Placement snake_placement(int ranks, int stages_per_rank) {
  Placement placement;
  for (int stage = 0; stage < ranks * stages_per_rank; ++stage) {
    const bool down = stage / ranks % 2 == 0;
    placement.push_back(down ? stage % ranks : ranks - 1 - stage % ranks);
  }
  return placement;
}

SearchProblem::SearchProblem(const ScheduleRequest& request, Placement stage_placement)
    : ranks(request.ranks),
      stages(request.ranks * request.stages_per_rank),
      microbatches(request.microbatches),
      objective(request.objective),
      send(request.costs.send),
      transfer(request.costs.transfer),
      placement(std::move(stage_placement)),
      stages_of(static_cast<std::size_t>(ranks)) {
  const double all = static_cast<double>(request.stages_per_rank) * microbatches;
  capacity = static_cast<int>(std::min(request.memory_limit, all));
  for (int stage = 0; stage < stages; ++stage) stages_of[static_cast<std::size_t>(rank_of(stage))].push_back(stage);
  Table sizes;
  sizes.ranks = ranks;
  sizes.stages = stages;
  sizes.microbatches = microbatches;
  const Durations durations(sizes, request.costs);
  for (const ActionKind kind : kKinds)
    for (int stage = 0; stage < stages; ++stage)
      costs[static_cast<std::size_t>(kind)].push_back(durations.of(make_action(kind, stage, 0)));
}

Table table_of_rows(const SearchProblem& problem, const Rows& rows) {
  Table table;
  table.ranks = problem.ranks;
  table.stages = problem.stages;
  table.microbatches = problem.microbatches;
  table.rows = rows;
  std::array<std::vector<int>, 3> counts;
  for (auto& count : counts) count.resize(static_cast<std::size_t>(problem.stages));
  for (auto& row : table.rows)
    for (Action& action : row) action.microbatch = counts[static_cast<std::size_t>(action.kind)][action.stage]++;
  return table;
}

Rows rows_of_table(const Table& table) {
  Rows rows(table.rows.size());
  for (std::size_t rank = 0; rank < rows.size(); ++rank) {
    for (const Action action : table.rows[rank]) {
      if (action.kind == kBackward) {
        rows[rank].push_back(make_action(kBackwardInput, action.stage, 0));
        rows[rank].push_back(make_action(kBackwardWeight, action.stage, 0));
      } else {
        rows[rank].push_back(make_action(action.kind, action.stage, 0));
      }
    }
  }
  return rows;
}

Placement placement_of(const Table& table) {
  Placement placement(static_cast<std::size_t>(table.stages));
  for (int rank = 0; rank < table.ranks; ++rank)
    for (const Action action : table.rows[static_cast<std::size_t>(rank)]) placement[action.stage] = rank;
  return placement;
}

}  // namespace triaxis
