// An exact solver for tests: branch and bound over all orders of all ranks, for cases of a few actions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace triaxis {

/// A small case, each stage on one rank. Whole backwards are I, then W.
struct ExactCase {
  int microbatches = 1;
  int capacity = 1;  // activations that a rank may hold
  double send = 0;
  std::vector<int> rank_of;                  // [stage]
  std::array<std::vector<double>, 3> costs;  // [F, I, W][stage]
};

/// Looks for a schedule with a makespan below `target`.
///
/// Actions are placed in the order in which they start, each as early as its rank and what it waits for allow; each set
/// of orders of the ranks has one such placing, and no other timing of it is shorter. Microbatches are alike, so each
/// kind of work of a stage takes them in ascending order.
class ExactSolver {
 public:
  ExactSolver(const ExactCase& of, double target) : case_(of), best_(target - 1e-9) {
    const std::size_t stages = of.rank_of.size();
    const std::size_t slots = stages * static_cast<std::size_t>(of.microbatches);
    ranks_ = *std::max_element(of.rank_of.begin(), of.rank_of.end()) + 1;
    for (auto& count : state_.counts) count.resize(stages);
    state_.free.resize(static_cast<std::size_t>(ranks_));
    state_.held.resize(static_cast<std::size_t>(ranks_));
    state_.left.resize(static_cast<std::size_t>(ranks_));
    for (auto& ends : state_.ends) ends.assign(slots, INFINITY);
    for (std::size_t s = 0; s < stages; ++s)
      for (const auto& costs : of.costs) left_of(static_cast<int>(s)) += of.microbatches * costs[s];
    actions_ = 3 * static_cast<int>(slots);
  }

  /// RETURNS: the least makespan, if it is below the target; else the target.
  double run() {
    place(0, 0, 0);
    return best_;
  }

  /// Placings tried, to keep cases small.
  std::int64_t nodes() const { return nodes_; }

 private:
  enum Kind : std::uint8_t { kF, kI, kW };
  struct State {
    std::array<std::vector<int>, 3> counts;   // [kind][stage]
    std::array<std::vector<double>, 2> ends;  // [F, I][stage, microbatch]
    std::vector<double> free;                 // [rank]
    std::vector<int> held;                    // [rank]
    std::vector<double> left;                 // [rank], work to come
  };

  int stages() const { return static_cast<int>(case_.rank_of.size()); }
  int rank_of(int stage) const { return case_.rank_of[static_cast<std::size_t>(stage)]; }
  double cost(Kind kind, int stage) const { return case_.costs[kind][static_cast<std::size_t>(stage)]; }
  int& count(Kind kind, int stage) { return state_.counts[kind][static_cast<std::size_t>(stage)]; }
  double& left_of(int stage) { return state_.left[static_cast<std::size_t>(rank_of(stage))]; }
  double& free_of(int stage) { return state_.free[static_cast<std::size_t>(rank_of(stage))]; }
  int& held_of(int stage) { return state_.held[static_cast<std::size_t>(rank_of(stage))]; }
  double& end_of(Kind kind, int stage, int m) {
    return state_.ends[kind][static_cast<std::size_t>(stage * case_.microbatches + m)];
  }
  double way(int from, int to) const { return rank_of(from) == rank_of(to) ? 0 : case_.send; }

  /// When the next action of the kind could start; infinite if it cannot yet.
  double ready(Kind kind, int stage) {
    const int m = count(kind, stage);
    if (m == case_.microbatches) return INFINITY;
    if (kind == kF) {
      if (held_of(stage) == case_.capacity) return INFINITY;
      return stage == 0 ? 0 : end_of(kF, stage - 1, m) + way(stage - 1, stage);
    }
    if (kind == kW) return m < count(kI, stage) ? 0 : INFINITY;
    const double own = end_of(kF, stage, m);
    return stage + 1 == stages() ? own : std::max(own, end_of(kI, stage + 1, m) + way(stage + 1, stage));
  }

  /// No schedule that goes on from here is shorter than this.
  double bound(double now) {
    double most = 0;
    for (int rank = 0; rank < ranks_; ++rank) {
      const double left = state_.left[static_cast<std::size_t>(rank)];
      if (left > 0) most = std::max(most, std::max(now, state_.free[static_cast<std::size_t>(rank)]) + left);
    }
    for (int m = 0; m < case_.microbatches; ++m) most = std::max(most, chain_end(m, now));
    return most;
  }

  /// The earliest end of what the microbatch has before it, were it alone.
  double chain_end(int m, double now) {
    double at = 0;
    for (int s = 0; s < stages(); ++s) {
      if (s > 0) at += way(s - 1, s);
      at = m < count(kF, s) ? end_of(kF, s, m) : std::max({at, now, free_of(s)}) + cost(kF, s);
    }
    for (int s = stages() - 1; s >= 0; --s) {
      if (s + 1 < stages()) at += way(s + 1, s);
      at = m < count(kI, s) ? end_of(kI, s, m) : std::max({at, now, free_of(s)}) + cost(kI, s);
    }
    return m < count(kW, 0) ? at : at + cost(kW, 0);
  }

  void place(int placed, double now, double makespan) {
    ++nodes_;
    if (placed == actions_) {
      best_ = std::min(best_, makespan);
      return;
    }
    if (bound(now) >= best_) return;
    for (const Kind kind : {kI, kF, kW}) {
      for (int stage = 0; stage < stages(); ++stage) {
        const double start = std::max(ready(kind, stage), free_of(stage));
        if (start < now || std::isinf(start)) continue;
        if (placed > 0 && start == now && rank_of(stage) < last_rank_) continue;  // equal starts in the order of ranks
        take(kind, stage, start, placed, makespan);
      }
    }
  }

  void take(Kind kind, int stage, double start, int placed, double makespan) {
    const double free = free_of(stage);
    const int last_rank = last_rank_;
    const int m = count(kind, stage)++;
    const double end = start + cost(kind, stage);
    free_of(stage) = end;
    left_of(stage) -= cost(kind, stage);
    held_of(stage) += kind == kF ? 1 : kind == kW ? -1 : 0;
    last_rank_ = rank_of(stage);
    if (kind != kW) end_of(kind, stage, m) = end;
    place(placed + 1, start, std::max(makespan, end));
    if (kind != kW) end_of(kind, stage, m) = INFINITY;
    last_rank_ = last_rank;
    held_of(stage) -= kind == kF ? 1 : kind == kW ? -1 : 0;
    left_of(stage) += cost(kind, stage);
    free_of(stage) = free;
    --count(kind, stage);
  }

  const ExactCase& case_;
  double best_;
  int ranks_ = 0;
  int actions_ = 0;
  int last_rank_ = 0;
  std::int64_t nodes_ = 0;
  State state_;
};

}  // namespace triaxis
