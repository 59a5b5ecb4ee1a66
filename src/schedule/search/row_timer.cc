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
      progress_(problem),
      free_(static_cast<std::size_t>(problem.ranks)),
      positions_(free_.size()),
      queued_(free_.size()) {}

RowValue RowTimer::value(const Rows& rows) {
  std::fill(free_.begin(), free_.end(), 0);
  progress_.free_channels();
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
  progress_.restart();
  std::fill(positions_.begin(), positions_.end(), 0);
  std::fill(queued_.begin(), queued_.end(), 1);
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
  const Progress::Stage& at = progress_.stage(stage);
  double& free = free_[static_cast<std::size_t>(rank)];
  if (action.kind == kForward) {
    if (at.forwards >= at.arrived) return false;
    free = std::max(free, progress_.forward_ready(stage));
  } else if (action.kind == kBackwardInput) {
    if (at.inputs >= at.gradients) return false;
    free = std::max(free, progress_.input_ready(stage));
  } else if (at.weights >= at.inputs) {
    return false;
  }
  free += problem_.cost(action.kind, stage);
  const int receiver = progress_.finish(action.kind, stage, free).rank;
  if (receiver >= 0 && queued_[static_cast<std::size_t>(receiver)] == 0) {
    queued_[static_cast<std::size_t>(receiver)] = 1;
    queue_.push_back(receiver);
  }
  return true;
}

}  // namespace triaxis
