#include "schedule/search/chain.h"

#include <algorithm>

namespace triaxis {

using enum ActionKind;

Chain::Chain(const SearchProblem& problem)
    : forward_start(static_cast<std::size_t>(problem.stages)), input_start(forward_start.size()) {
  double now = 0;
  for (int stage = 0; stage < problem.stages; ++stage) {
    if (stage > 0) now += problem.distance(stage - 1, stage);
    forward_start[static_cast<std::size_t>(stage)] = now;
    now += problem.cost(kForward, stage);
  }
  for (int stage = problem.stages - 1; stage >= 0; --stage) {
    if (stage + 1 < problem.stages) now += problem.distance(stage + 1, stage);
    input_start[static_cast<std::size_t>(stage)] = now;
    now += problem.cost(kBackwardInput, stage);
  }
  end = now;
}

double longest_turn(const SearchProblem& problem) {
  double most = 0;
  for (const auto& own : problem.stages_of) {
    double turn = 0;
    for (const int stage : own)
      for (const auto& costs : problem.costs) turn += costs[static_cast<std::size_t>(stage)];
    most = std::max(most, turn);
  }
  return most;
}

}  // namespace triaxis
