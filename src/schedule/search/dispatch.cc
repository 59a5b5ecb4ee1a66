#include "schedule/search/dispatch.h"

#include <algorithm>
#include <cmath>

namespace triaxis {

using enum ActionKind;

Dispatcher::Dispatcher(const SearchProblem& problem)
    : problem_(problem), progress_(problem), ranks_(static_cast<std::size_t>(problem.ranks)), rows_(ranks_.size()) {
  double most = problem.send;
  for (const auto& costs : problem.costs) most = std::max(most, *std::max_element(costs.begin(), costs.end()));
  rounding_ = 1e-7 * most;
}

void Dispatcher::reset() {
  progress_.restart();
  progress_.free_channels();
  std::fill(ranks_.begin(), ranks_.end(), RankState{});
  const auto actions = static_cast<std::size_t>(problem_.actions()) / ranks_.size();
  for (auto& row : rows_) {
    row.clear();
    row.reserve(actions);
  }
}

Rows Dispatcher::run(const Policy& policy) {
  reset();
  for (int rank = 0; rank < problem_.ranks; ++rank) {
    double& free = ranks_[static_cast<std::size_t>(rank)].free;
    free = policy.start.empty() ? 0 : policy.start[static_cast<std::size_t>(rank)];
    events_.push({free, rank});
  }
  while (!events_.empty()) {
    const Event event = events_.top();
    events_.pop();
    if (ranks_[static_cast<std::size_t>(event.rank)].free <= event.time) decide(policy, event.rank, event.time);
  }
  return rows_;
}

void Dispatcher::decide(const Policy& policy, int rank, double now) {
  const RankState& state = ranks_[static_cast<std::size_t>(rank)];
  const double soon = now + rounding_;
  const Choice forward = next_forward(policy, rank, now);
  const Choice input = next_input(policy, rank, now);
  const bool can_forward = forward.stage >= 0 && forward.time <= soon;
  const bool can_input = input.stage >= 0 && input.time <= soon;
  const int weight = state.pending > 0 ? next_weight(rank) : -1;
  if (weight >= 0 && state.pending >= policy.behind[static_cast<std::size_t>(rank)]) {
    start(kBackwardWeight, weight, now);
    return;
  }
  const bool forward_first =
      policy.first == Policy::First::kForward || (policy.first == Policy::First::kAlternate && !state.forward_last);
  if (can_input && !(can_forward && forward_first)) {
    start(kBackwardInput, input.stage, now);
    return;
  }
  if (can_forward) {
    const double wait = policy.patience_forward * problem_.cost(kForward, forward.stage);
    if (forward_first || input.stage < 0 || input.time >= now + wait - rounding_) {
      start(kForward, forward.stage, now);
      return;
    }
  }
  if (weight < 0) return;
  const double wait = policy.patience_weight * problem_.cost(kBackwardWeight, weight);
  const bool input_comes = input.stage >= 0 && input.time < now + wait - rounding_;
  const bool forward_comes = forward.stage >= 0 && forward.time < now + wait - rounding_;
  if (!input_comes && !forward_comes) start(kBackwardWeight, weight, now);
}

/// Whether `a` goes before `b`: one that can start, then as the policy says.
bool Dispatcher::better(const Choice& a, const Choice& b, bool deepest, bool oldest, double now) const {
  if (b.stage < 0) return true;
  const double soon = now + rounding_;
  const bool a_now = a.time <= soon;
  const bool b_now = b.time <= soon;
  if (a_now != b_now) return a_now;
  if (!a_now) return a.time < b.time;
  if (oldest && a.microbatch != b.microbatch) return a.microbatch < b.microbatch;
  return deepest ? a.stage > b.stage : a.stage < b.stage;
}

Dispatcher::Choice Dispatcher::next_forward(const Policy& policy, int rank, double now) const {
  Choice best;
  for (const int stage : problem_.stages_of[static_cast<std::size_t>(rank)]) {
    const Progress::Stage& state = progress_.stage(stage);
    if (state.forwards >= state.arrived) continue;
    if (state.forwards - state.inputs >= policy.ahead[static_cast<std::size_t>(stage)]) continue;
    if (!may_hold(rank, stage)) continue;
    const Choice choice{stage, state.forwards, progress_.forward_ready(stage)};
    if (better(choice, best, policy.deepest_forward, policy.oldest, now)) best = choice;
  }
  return best;
}

Dispatcher::Choice Dispatcher::next_input(const Policy& policy, int rank, double now) const {
  Choice best;
  for (const int stage : problem_.stages_of[static_cast<std::size_t>(rank)]) {
    const Progress::Stage& state = progress_.stage(stage);
    if (state.inputs >= state.gradients) continue;
    const Choice choice{stage, state.inputs, progress_.input_ready(stage)};
    if (better(choice, best, policy.deepest_backward, policy.oldest, now)) best = choice;
  }
  return best;
}

/// The stage with the lowest microbatch whose W waits; of several the last.
int Dispatcher::next_weight(int rank) const {
  int best = -1;
  for (const int stage : problem_.stages_of[static_cast<std::size_t>(rank)]) {
    const Progress::Stage& state = progress_.stage(stage);
    if (state.weights == state.inputs) continue;
    if (best < 0 || state.weights <= progress_.stage(best).weights) best = stage;
  }
  return best;
}

/// Whether the rank may take the stage's next F.
///
/// The rank keeps room for what its lowest microbatch with an F to come still needs there, and lets others hold only
/// what is over. So what is held for microbatches above that one never exceeds the capacity less what one microbatch
/// needs, and the lowest microbatch of all can always go on: its Fs find room, nothing keeps its Is and Ws, and with
/// them it gives its room back.
bool Dispatcher::may_hold(int rank, int stage) const {
  const int held = ranks_[static_cast<std::size_t>(rank)].held;
  if (held >= problem_.capacity) return false;
  const auto& own = problem_.stages_of[static_cast<std::size_t>(rank)];
  // Each stage takes microbatches in order, and a later stage is never ahead of an earlier one.
  const int lowest = progress_.stage(own.back()).forwards;
  if (progress_.stage(stage).forwards == lowest) return true;
  int needed = 0;
  for (const int other : own) needed += progress_.stage(other).forwards == lowest ? 1 : 0;
  return held + 1 + needed <= problem_.capacity;
}

void Dispatcher::start(ActionKind kind, int stage, double now) {
  const int rank = problem_.rank_of(stage);
  RankState& own = ranks_[static_cast<std::size_t>(rank)];
  own.free = now + problem_.cost(kind, stage);
  rows_[static_cast<std::size_t>(rank)].push_back(make_action(kind, stage, 0));
  if (kind == kForward) {
    ++own.held;
    own.forward_last = true;
  } else if (kind == kBackwardInput) {
    ++own.pending;
    own.forward_last = false;
  } else {
    --own.pending;
    --own.held;
  }
  const auto [receiver, arrival] = progress_.finish(kind, stage, own.free);
  if (receiver >= 0) events_.push({std::max(arrival, ranks_[static_cast<std::size_t>(receiver)].free), receiver});
  events_.push({own.free, rank});
}

}  // namespace triaxis
