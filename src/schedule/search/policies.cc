#include "schedule/search/policies.h"

#include <algorithm>
#include <cmath>

#include "schedule/search/chain.h"

namespace triaxis {
namespace {

using enum ActionKind;

using Limits = std::vector<int>;  // [stage] or [rank]

/// As many microbatches as the busiest rank gets done while one goes from the stage to the last and back, times share.
Limits ahead_by_round_trip(const SearchProblem& problem, double share) {
  const Chain chain(problem);
  const double turn = longest_turn(problem);
  Limits ahead;
  for (int stage = 0; stage < problem.stages; ++stage) {
    const double turns = turn > 0 ? std::ceil(share * chain.round_trip(problem, stage) / turn - 1e-9) : 1;
    ahead.push_back(static_cast<int>(std::clamp<double>(turns, 1, problem.microbatches)));
  }
  return ahead;
}

/// The most microbatches that each stage has between their F and their I.
Limits ahead_of_rows(const SearchProblem& problem, const Rows& rows) {
  Limits ahead(static_cast<std::size_t>(problem.stages), 1);
  Limits now(ahead.size());
  for (const auto& row : rows) {
    for (const Action action : row) {
      if (action.kind == kForward) ahead[action.stage] = std::max(ahead[action.stage], ++now[action.stage]);
      if (action.kind == kBackwardInput) --now[action.stage];
    }
  }
  return ahead;
}

std::vector<Limits> starting_limits(const SearchProblem& problem, std::span<const Rows> models) {
  std::vector<Limits> limits = {Limits(static_cast<std::size_t>(problem.stages), problem.microbatches)};
  for (const double share : {0.5, 0.75, 1.0, 1.25, 1.5, 2.0}) limits.push_back(ahead_by_round_trip(problem, share));
  for (const Rows& rows : models) limits.push_back(ahead_of_rows(problem, rows));
  std::sort(limits.begin(), limits.end());
  limits.erase(std::unique(limits.begin(), limits.end()), limits.end());
  return limits;
}

}  // namespace

std::vector<Policy> starting_policies(const SearchProblem& problem, std::span<const Rows> models) {
  using enum Policy::First;
  std::vector<Policy> policies;
  const bool several = problem.stages > problem.ranks;
  const Limits never(static_cast<std::size_t>(problem.ranks), problem.capacity + 1);
  for (const Limits& ahead : starting_limits(problem, models)) {
    for (const auto first : {kBackward, kForward, kAlternate}) {
      for (const double patience : {0.0, 0.5, 1.0}) {
        for (int depth = 0; depth < (several ? 5 : 1); ++depth) {
          Policy policy{.first = first, .patience_weight = patience, .ahead = ahead, .behind = never, .start = {}};
          policy.deepest_forward = depth % 2 == 0;
          policy.deepest_backward = depth / 2 % 2 == 1;
          policy.oldest = depth == 4;
          policies.push_back(policy);
        }
      }
    }
  }
  return policies;
}

}  // namespace triaxis
