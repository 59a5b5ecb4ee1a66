// A search for each placement of the stages: the hand-made schedules, then list scheduling under policies of many
// kinds, then random changes of the best of them, then of the best order itself; until the lower bound is reached or
// what may be spent is. What is found is compared with the hand-made tables themselves, by the timer of all tables.
#include "schedule/search/search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "schedule/search/climb.h"
#include "schedule/search/handmade.h"
#include "schedule/search/policies.h"

namespace triaxis {
namespace {

/// How many rows of a placement are made and timed: fewer where a step has more actions.
int runs_within_budget(const SearchProblem& problem) {
  constexpr double kActions = 2e6;
  constexpr double kFewest = 4;
  constexpr double kMost = 1e5;
  return static_cast<int>(std::clamp(kActions / problem.actions(), kFewest, kMost));
}

struct RatedPolicy {
  Policy policy;
  RowValue value;
};

/// Rates at most `most` of the policies, evenly spread over them. RETURNS: the best first.
std::vector<RatedPolicy> rated(RowSearch& search, const std::vector<Policy>& policies, int most) {
  const std::size_t stride = (policies.size() + static_cast<std::size_t>(most) - 1) / static_cast<std::size_t>(most);
  std::vector<RatedPolicy> rated;
  for (std::size_t i = 0; i < policies.size() && !search.done(); i += stride)
    rated.push_back({policies[i], search.rate(policies[i])});
  std::stable_sort(rated.begin(), rated.end(),
                   [](const RatedPolicy& a, const RatedPolicy& b) { return a.value.better_than(b.value); });
  return rated;
}

Table search_placement(const SearchProblem& problem, const std::vector<Table>& handmade,
                       const ScheduleRequest& request) {
  constexpr std::size_t kClimbs = 4;
  RowSearch search(problem);
  std::vector<Rows> models;
  for (const Table& table : handmade) {
    if (placement_of(table) != problem.placement) continue;
    models.push_back(rows_of_table(table));
    if (within_limit(table, request)) search.offer(models.back());
  }
  const int runs = runs_within_budget(problem);
  const auto starts = rated(search, starting_policies(problem, models), std::max(1, runs / 2));
  for (std::size_t i = 0; i < std::min(kClimbs, starts.size()); ++i)
    search.climb(starts[i].policy, starts[i].value, runs / 2 / static_cast<int>(kClimbs));
  const int tries = runs / static_cast<int>(kClimbs + 1);
  search.climb_rows(nullptr, 1, tries);
  for (std::size_t i = 0; i < std::min(kClimbs, starts.size()); ++i)
    search.climb_rows(&starts[i].policy, i % 2 == 0 ? 1.1 : 1.3, tries);
  return table_of_rows(problem, search.best());
}

}  // namespace

Table search_schedule(const ScheduleRequest& request) {
  const std::vector<Table> handmade = handmade_tables(request);
  std::vector<Placement> placements = {loop_placement(request.ranks, request.stages_per_rank)};
  if (request.stages_per_rank > 1 && request.ranks > 1)
    placements.push_back(snake_placement(request.ranks, request.stages_per_rank));
  Table best;
  double least = INFINITY;
  const auto offer = [&](Table table) {
    const double objective = objective_of(table, request);
    if (best.rows.empty() || objective < least) {
      least = objective;
      best = std::move(table);
    }
  };
  for (const Placement& placement : placements)
    offer(search_placement(SearchProblem(request, placement), handmade, request));
  for (const Table& table : handmade)
    if (within_limit(table, request)) offer(table);
  return best;
}

}  // namespace triaxis
