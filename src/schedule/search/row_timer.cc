#include "schedule/search/row_timer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace triaxis {

using enum ActionKind;

namespace {

constexpr double kRounding = 1e-9;

}  // namespace

bool RowValue::better_than(const RowValue& other) const {
  if (!std::isfinite(other.objective)) return std::isfinite(objective);
  const double margin = kRounding * other.objective;
  if (objective < other.objective - margin) return true;
  return objective <= other.objective + margin && ends < other.ends - kRounding * other.ends;
}

RowTimer::RowTimer(const SearchProblem& problem)
    : problem_(problem),
      forward_arrivals_(static_cast<std::size_t>(problem.stages) * static_cast<std::size_t>(problem.microbatches)),
      backward_arrivals_(forward_arrivals_.size()),
      counts_(static_cast<std::size_t>(problem.stages)),
      free_(static_cast<std::size_t>(problem.ranks)),
      positions_(free_.size()),
      queued_(free_.size()) {
  if (problem.transfer > 0) channel_free_.resize(free_.size() * free_.size());
}

RowValue RowTimer::value(const Rows& rows) {
  std::fill(free_.begin(), free_.end(), 0);
  std::fill(channel_free_.begin(), channel_free_.end(), 0);
  if (!run_step(rows)) return {INFINITY, INFINITY};
  const double ends = std::accumulate(free_.begin(), free_.end(), 0.0);
  if (problem_.objective == Objective::kPeriod) return {period(rows), ends};
  return {*std::max_element(free_.begin(), free_.end()), ends};
}

/// The mean over the last steps where ranks take turns in moving on by more and by less.
double RowTimer::period(const Rows& rows) {
  constexpr int kSteps = 32;
  double half = 0;
  std::vector<double> before(free_.size());
  for (int step = 1; step < kSteps; ++step) {
    if (step == kSteps / 2) half = *std::max_element(free_.begin(), free_.end());
    before = free_;
    run_step(rows);
    double least = INFINITY;
    double most = 0;
    for (std::size_t rank = 0; rank < free_.size(); ++rank) {
      least = std::min(least, free_[rank] - before[rank]);
      most = std::max(most, free_[rank] - before[rank]);
    }
    if (most - least <= kRounding * most) return most;
  }
  return (*std::max_element(free_.begin(), free_.end()) - half) / (kSteps - kSteps / 2);
}

bool RowTimer::run_step(const Rows& rows) {
  std::fill(counts_.begin(), counts_.end(), Counts{});
  std::fill(positions_.begin(), positions_.end(), 0);
  std::fill(queued_.begin(), queued_.end(), 1);
  counts_.front().arrived = problem_.microbatches;
  std::fill_n(forward_arrivals_.begin(), problem_.microbatches, 0.0);
  queue_.clear();
  for (int rank = problem_.ranks - 1; rank >= 0; --rank) queue_.push_back(rank);
  while (!queue_.empty()) {
    const int rank = queue_.back();
    queue_.pop_back();
    queued_[static_cast<std::size_t>(rank)] = 0;
    advance(rows[static_cast<std::size_t>(rank)], rank);
  }
  for (std::size_t rank = 0; rank < rows.size(); ++rank)
    if (positions_[rank] < rows[rank].size()) return false;
  return true;
}

bool RowTimer::advance(const std::vector<Action>& row, int rank) {
  std::size_t& position = positions_[static_cast<std::size_t>(rank)];
  while (position < row.size() && run(row[position], rank)) ++position;
  return position == row.size();
}

/// RETURNS: whether what the action waits for is done.
bool RowTimer::run(Action action, int rank) {
  const int stage = action.stage;
  Counts& counts = counts_[action.stage];
  double& free = free_[static_cast<std::size_t>(rank)];
  const double cost = problem_.cost(action.kind, stage);
  if (action.kind == kForward) {
    const int microbatch = counts.forwards;
    if (microbatch >= counts.arrived) return false;
    free = std::max(free, forward_arrivals_[slot(stage, microbatch)]) + cost;
    ++counts.forwards;
    if (stage + 1 < problem_.stages) {
      deliver(free, stage, stage + 1, forward_arrivals_, microbatch);
      ++counts_[action.stage + 1U].arrived;
    } else {
      backward_arrivals_[slot(stage, microbatch)] = free;
      ++counts.gradients;
    }
  } else if (action.kind == kBackwardInput) {
    const int microbatch = counts.inputs;
    if (microbatch >= counts.gradients) return false;
    free = std::max(free, backward_arrivals_[slot(stage, microbatch)]) + cost;
    ++counts.inputs;
    if (stage > 0) {
      deliver(free, stage, stage - 1, backward_arrivals_, microbatch);
      ++counts_[action.stage - 1U].gradients;
    }
  } else {
    if (counts.weights >= counts.inputs) return false;
    free += cost;
    ++counts.weights;
  }
  return true;
}

void RowTimer::deliver(double made, int from, int to, std::vector<double>& arrivals, int microbatch) {
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
    if (!queued_[static_cast<std::size_t>(destination)]) {
      queued_[static_cast<std::size_t>(destination)] = 1;
      queue_.push_back(destination);
    }
  }
  arrivals[slot(to, microbatch)] = arrival;
}

}  // namespace triaxis
