// Steps are a linear system over maximum and sum: the clocks after a step are, each, the maximum over the clocks before
// it of that clock plus a fixed time. So wherever the clocks start, if after c steps all have moved on by the same time
// d, they will for ever, and d / c is the rate of every rank. (Baccelli, Cohen, Olsder and Quadrat, Synchronization and
// Linearity, 1992.)

#include "schedule/period.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "schedule/step_timer.h"

namespace triaxis {
namespace {

using Clocks = std::vector<double>;

// Times are sums of costs in another order from step to step, so equal shifts may differ in their last bits.
constexpr double kTolerance = 1e-9;
constexpr std::size_t kMostTurn = 8;

bool nearly_equal(double least, double most) { return most - least <= kTolerance * most; }

/// The time by which all clocks have moved on, if that is the same for all.
std::optional<double> common_shift(const Clocks& before, const Clocks& after) {
  double least = INFINITY;
  double most = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    least = std::min(least, after[i] - before[i]);
    most = std::max(most, after[i] - before[i]);
  }
  if (!nearly_equal(least, most)) return std::nullopt;
  return most;
}

/// Runs steps until the clocks move on together. RETURNS: nothing if they do not, and the clocks after each step.
std::optional<double> settle(StepTimer& timer, std::vector<Clocks>& steps) {
  constexpr int kSteps = 16;
  steps.clear();
  for (int step = 0; step < kSteps; ++step) {
    timer.run();
    steps.push_back(timer.clocks());
    for (std::size_t turn = 1; turn <= kMostTurn && turn < steps.size(); ++turn) {
      const auto shift = common_shift(steps[steps.size() - 1 - turn], steps.back());
      if (shift) return *shift / static_cast<double>(turn);
    }
  }
  return std::nullopt;
}

/// Sets the clocks as if each had gone on for `count` steps at the rate that it had: a slower rank that the others will
/// have to wait for in the end, they wait for at once. Moves the earliest to 0, so that the numbers stay small.
void skip_ahead(StepTimer& timer, const std::vector<Clocks>& steps, double count) {
  Clocks clocks = steps.back();
  for (std::size_t i = 0; i < clocks.size(); ++i)
    clocks[i] += count * (clocks[i] - steps.front()[i]) / static_cast<double>(steps.size() - 1);
  const double earliest = *std::min_element(clocks.begin(), clocks.end());
  for (double& clock : clocks) clock -= earliest;
  timer.set_clocks(clocks);
}

std::optional<double> period_of_steps(StepTimer& timer) {
  std::vector<Clocks> steps;
  auto period = settle(timer, steps);
  for (const double count : {1e2, 1e4, 1e6}) {
    if (period) break;
    skip_ahead(timer, steps, count);
    period = settle(timer, steps);
  }
  return period;
}

/// The time between two of the ends in their steady part.
double steady_gap(const std::vector<double>& ends) {
  const auto begin = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 4);
  const auto last = ends.end() - 1 - static_cast<std::ptrdiff_t>(ends.size() / 4);
  for (std::ptrdiff_t turn = 1; turn <= (last - begin) / 2; ++turn) {
    double least = INFINITY;
    double most = 0;
    for (auto end = begin; end + turn <= last; ++end) {
      least = std::min(least, end[turn] - *end);
      most = std::max(most, end[turn] - *end);
    }
    if (nearly_equal(least, most)) return most / static_cast<double>(turn);
  }
  return (*last - *begin) / static_cast<double>(last - begin);
}

std::optional<double> period_of_updates(const Table& table, const Spans& spans) {
  constexpr std::size_t kFewest = 4;  // then the middle half has a first and a last
  double slowest = 0;
  std::size_t fewest = kFewest;
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    std::map<int, std::vector<double>> ends;  // by stage
    for (std::size_t i = 0; i < table.rows[rank].size(); ++i) {
      const Action action = table.rows[rank][i];
      if (action.kind == ActionKind::kUpdate) ends[action.stage].push_back(spans[rank][i].end);
    }
    for (const auto& [stage, of_stage] : ends) {
      fewest = std::min(fewest, of_stage.size());
      if (of_stage.size() >= kFewest) slowest = std::max(slowest, steady_gap(of_stage));
    }
    if (ends.empty()) fewest = 0;
  }
  if (fewest < kFewest) return std::nullopt;
  return slowest;
}

}  // namespace

std::optional<double> period_of(const Table& table, const Costs& costs) {
  const TableIndex index(table);
  StepTimer timer(table, index, costs);
  if (table.kind != TableKind::kAsynchronous) return period_of_steps(timer);
  timer.run();
  return period_of_updates(table, timer.spans());
}

double share_of_period(const Table& table) {
  if (table.kind != TableKind::kAsynchronous) return 1;
  int gradients = 0;  // of the first row's first update: all stages have the same
  const auto& row = table.rows.front();
  const auto update = std::find_if(row.begin(), row.end(), [](Action a) { return a.kind == ActionKind::kUpdate; });
  for (auto action = row.begin(); action != update; ++action)
    if (is_weight(action->kind) && action->stage == update->stage) ++gradients;
  return static_cast<double>(gradients) / table.microbatches;
}

}  // namespace triaxis
