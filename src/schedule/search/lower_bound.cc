#include "schedule/search/lower_bound.h"

#include <algorithm>
#include <cmath>

#include "schedule/search/chain.h"

namespace triaxis {
namespace {

using enum ActionKind;

/// What the work of one rank alone asks for.
struct RankBound {
  double load = 0;          // all its work
  double held_time = 0;     // activations times time that they are held at least
  double longest_held = 0;  // of one activation
  double idle_before = 0;
  double idle_after = 0;
  double head = 0;
};

RankBound bound_of_rank(const SearchProblem& problem, const Chain& chain, int rank) {
  const auto& own = problem.stages_of[static_cast<std::size_t>(rank)];
  RankBound bound;
  double forwards = 0;
  double weights = 0;
  double longest_forward = 0;
  double longest_weight = 0;
  for (const int stage : own) {
    const auto s = static_cast<std::size_t>(stage);
    const double weight = problem.cost(kBackwardWeight, stage);
    const double input = problem.cost(kBackwardInput, stage);
    forwards += problem.cost(kForward, stage);
    weights += weight;
    longest_forward = std::max(longest_forward, problem.cost(kForward, stage));
    longest_weight = std::max(longest_weight, weight);
    bound.load += problem.cost(kForward, stage) + input + weight;
    const double held = chain.input_start[s] + input + weight - chain.forward_start[s];
    bound.held_time += held;
    bound.longest_held = std::max(bound.longest_held, held);
  }
  const double m = problem.microbatches;
  const double capacity = problem.capacity;
  bound.load *= m;
  bound.held_time *= m;
  bound.head = chain.forward_start[static_cast<std::size_t>(own.front())];
  // Before its first I comes, a rank can do Fs alone, as many as it can hold; after its last, Ws alone, of what it
  // held.
  const double first_input = chain.input_start[static_cast<std::size_t>(own.back())] - bound.head;
  bound.idle_before = std::max(0.0, first_input - std::min(m * forwards, capacity * longest_forward));
  const int first = own.front();
  const double tail = first == 0 ? 0
                                 : chain.end - chain.input_start[static_cast<std::size_t>(first)] -
                                       problem.cost(kBackwardInput, first) + problem.cost(kBackwardWeight, 0);
  bound.idle_after = std::max(0.0, tail - std::min(m * weights, capacity * longest_weight));
  return bound;
}

/// If the rank has one stage, the k-th F waits for the W of k less the capacity; else each stage holds some microbatch
/// once.
double turns_bound(const SearchProblem& problem, const RankBound& bound, int rank) {
  if (problem.stages_of[static_cast<std::size_t>(rank)].size() != 1) return bound.longest_held;
  const int turns = (problem.microbatches - 1) / problem.capacity + 1;
  return bound.longest_held * turns;
}

}  // namespace

double lower_bound(const SearchProblem& problem) {
  const Chain chain(problem);
  double most = 0;
  for (int rank = 0; rank < problem.ranks; ++rank) {
    const RankBound bound = bound_of_rank(problem, chain, rank);
    const double held = std::max(bound.held_time / problem.capacity, turns_bound(problem, bound, rank));
    if (problem.objective == Objective::kPeriod) {
      most = std::max({most, bound.load + bound.idle_before, held});
    } else {
      most = std::max({most, bound.head + bound.idle_before + bound.load + bound.idle_after, bound.head + held});
    }
  }
  return most;
}

}  // namespace triaxis
