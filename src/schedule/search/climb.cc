#include "schedule/search/climb.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "schedule/search/lower_bound.h"

namespace triaxis {

RowSearch::RowSearch(const SearchProblem& problem)
    : problem_(problem),
      dispatcher_(problem),
      timer_(problem),
      bound_(lower_bound(problem)),
      best_value_{INFINITY, INFINITY} {}

RowValue RowSearch::offer(const Rows& rows) {
  const RowValue value = timer_.value(rows);
  if (value.better_than(best_value_)) {
    best_ = rows;
    best_value_ = value;
  }
  return value;
}

bool RowSearch::done() const {
  constexpr double kRounding = 1e-9;
  return best_value_.objective <= bound_ * (1 + kRounding);
}

void RowSearch::climb(Policy policy, RowValue value, int tries) {
  for (int i = 0; i < tries && !done(); ++i) {
    Policy changed = policy;
    change(changed);
    const RowValue next = rate(changed);
    if (value.better_than(next)) continue;  // equals are taken, too: they lead off plateaus
    policy = std::move(changed);
    value = next;
  }
}

void RowSearch::climb_rows(const Policy* policy, double slack, int tries) {
  constexpr std::size_t kBack = 128;
  Rows rows = policy == nullptr ? best_ : dispatcher_.run(*policy);
  double objective = offer(rows).objective;
  std::vector<double> before(kBack, slack * objective);
  for (int i = 0; i < tries && !done(); ++i) {
    Rows moved = rows;
    if (!move_in_a_row(moved)) continue;
    const double next = offer(moved).objective;
    double& past = before[static_cast<std::size_t>(i) % kBack];
    if (next <= objective || next <= past) {
      rows = std::move(moved);
      objective = next;
    }
    past = objective;
  }
}

/// Moves one action by a few places. RETURNS: whether the row still keeps to the capacity.
bool RowSearch::move_in_a_row(Rows& rows) {
  constexpr int kFarthest = 6;
  auto& row = rows[static_cast<std::size_t>(below(problem_.ranks))];
  const int size = static_cast<int>(row.size());
  const int from = below(size);
  const int by = 1 + below(kFarthest);
  const int to = std::clamp(from + (below(2) == 0 ? by : -by), 0, size - 1);
  const auto begin = row.begin() + std::min(from, to);
  const auto end = row.begin() + std::max(from, to) + 1;
  std::rotate(begin, from < to ? begin + 1 : end - 1, end);
  return within_capacity(row);
}

bool RowSearch::within_capacity(const std::vector<Action>& row) const {
  int held = 0;
  for (const Action action : row) {
    if (action.kind == ActionKind::kForward && ++held > problem_.capacity) return false;
    if (action.kind == ActionKind::kBackwardWeight) --held;
  }
  return true;
}

void RowSearch::change(Policy& policy) {
  for (int changes = 1 + below(3); changes > 0; --changes) change_once(policy);
}

void RowSearch::change_once(Policy& policy) {
  const auto any_of = [&](std::vector<int>& limits) -> int& {
    return limits[static_cast<std::size_t>(below(static_cast<int>(limits.size())))];
  };
  switch (below(8)) {
    case 0:
      policy.first = static_cast<Policy::First>(below(3));
      break;
    case 1:
      policy.patience_weight = 0.25 * below(6);
      break;
    case 2:
      policy.patience_forward = 0.25 * below(5);
      break;
    case 3:
      policy.deepest_forward = below(2) == 0;
      policy.deepest_backward = below(2) == 0;
      policy.oldest = below(3) == 0;
      break;
    case 4:
      move(any_of(policy.behind), problem_.capacity + 1);
      break;
    default:
      move(any_of(policy.ahead), std::min(problem_.microbatches, problem_.capacity));
      break;
  }
}

/// Up or down by one to three.
void RowSearch::move(int& limit, int most) {
  const int by = 1 + below(3);
  limit = std::clamp(std::min(limit, most) + (below(2) == 0 ? by : -by), 1, most);
}

}  // namespace triaxis
