#include "schedule/search/dispatch.h"

#include <algorithm>
#include <cmath>

namespace triaxis {

using enum ActionKind;

Dispatcher::Dispatcher(const SearchProblem& problem)
    : problem_(problem),
      stages_(static_cast<std::size_t>(problem.stages)),
      ranks_(static_cast<std::size_t>(problem.ranks)),
      forward_arrivals_(stages_.size() * static_cast<std::size_t>(problem.microbatches)),
      backward_arrivals_(forward_arrivals_.size()),
      rows_(ranks_.size()) {
  double most = problem.send;
  for (const auto& costs : problem.costs) most = std::max(most, *std::max_element(costs.begin(), costs.end()));
  rounding_ = 1e-7 * most;
  if (problem.transfer > 0) channel_free_.resize(ranks_.size() * ranks_.size());
}

void Dispatcher::reset() {
  std::fill(stages_.begin(), stages_.end(), StageState{});
  std::fill(ranks_.begin(), ranks_.end(), RankState{});
  std::fill(channel_free_.begin(), channel_free_.end(), 0);
  stages_.front().arrived = problem_.microbatches;
  std::fill_n(forward_arrivals_.begin(), problem_.microbatches, 0.0);
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
    const StageState& state = stages_[static_cast<std::size_t>(stage)];
    if (state.forwards >= state.arrived) continue;
    if (state.forwards - state.inputs >= policy.ahead[static_cast<std::size_t>(stage)]) continue;
    if (!may_hold(rank, stage)) continue;
    const Choice choice{stage, state.forwards, forward_arrivals_[slot(stage, state.forwards)]};
    if (better(choice, best, policy.deepest_forward, policy.oldest, now)) best = choice;
  }
  return best;
}

Dispatcher::Choice Dispatcher::next_input(const Policy& policy, int rank, double now) const {
  Choice best;
  for (const int stage : problem_.stages_of[static_cast<std::size_t>(rank)]) {
    const StageState& state = stages_[static_cast<std::size_t>(stage)];
    if (state.inputs >= state.gradients) continue;
    const Choice choice{stage, state.inputs, backward_arrivals_[slot(stage, state.inputs)]};
    if (better(choice, best, policy.deepest_backward, policy.oldest, now)) best = choice;
  }
  return best;
}

/// The stage with the lowest microbatch whose W waits; of several the last.
int Dispatcher::next_weight(int rank) const {
  int best = -1;
  for (const int stage : problem_.stages_of[static_cast<std::size_t>(rank)]) {
    const StageState& state = stages_[static_cast<std::size_t>(stage)];
    if (state.weights == state.inputs) continue;
    if (best < 0 || state.weights <= stages_[static_cast<std::size_t>(best)].weights) best = stage;
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
  const int lowest = stages_[static_cast<std::size_t>(own.back())].forwards;
  if (stages_[static_cast<std::size_t>(stage)].forwards == lowest) return true;
  int needed = 0;
  for (const int other : own) needed += stages_[static_cast<std::size_t>(other)].forwards == lowest ? 1 : 0;
  return held + 1 + needed <= problem_.capacity;
}

void Dispatcher::start(ActionKind kind, int stage, double now) {
  const int rank = problem_.rank_of(stage);
  RankState& own = ranks_[static_cast<std::size_t>(rank)];
  StageState& state = stages_[static_cast<std::size_t>(stage)];
  own.free = now + problem_.cost(kind, stage);
  rows_[static_cast<std::size_t>(rank)].push_back(make_action(kind, stage, 0));
  if (kind == kForward) {
    const int microbatch = state.forwards++;
    ++own.held;
    own.forward_last = true;
    if (stage + 1 < problem_.stages) {
      deliver(own.free, stage, stage + 1, forward_arrivals_, microbatch);
      ++stages_[static_cast<std::size_t>(stage) + 1].arrived;
    } else {
      backward_arrivals_[slot(stage, microbatch)] = own.free;
      ++state.gradients;
    }
  } else if (kind == kBackwardInput) {
    const int microbatch = state.inputs++;
    ++own.pending;
    own.forward_last = false;
    if (stage > 0) {
      deliver(own.free, stage, stage - 1, backward_arrivals_, microbatch);
      ++stages_[static_cast<std::size_t>(stage) - 1].gradients;
    }
  } else {
    ++state.weights;
    --own.pending;
    --own.held;
  }
  events_.push({own.free, rank});
}

void Dispatcher::deliver(double made, int from, int to, std::vector<double>& arrivals, int microbatch) {
  const int source = problem_.rank_of(from);
  const int destination = problem_.rank_of(to);
  double arrival = made;
  if (source != destination) {
    if (problem_.transfer > 0) {
      double& free = channel_free_[static_cast<std::size_t>(source * problem_.ranks + destination)];
      free = std::max(free, made) + problem_.transfer;
      arrival = free;
    }
    arrival += problem_.send;
    events_.push({std::max(arrival, ranks_[static_cast<std::size_t>(destination)].free), destination});
  }
  arrivals[slot(to, microbatch)] = arrival;
}

}  // namespace triaxis
