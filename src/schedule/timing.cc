#include "schedule/timing.h"

#include <algorithm>
#include <numeric>

#include "schedule/period.h"

namespace triaxis {
namespace {

double busy_of(const std::vector<Action>& row, const Durations& durations) {
  double busy = 0;
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    const ActionKind kind = row[static_cast<std::size_t>(begin)].kind;
    if (is_compute(kind) || kind == ActionKind::kUpdate) busy += durations.of_cell(row, begin, end);
  }
  return busy;
}

}  // namespace

Timeline time_table(const Table& table, const Costs& costs) {
  const TableIndex index(table);
  StepTimer timer(table, index, costs);
  timer.run();
  Timeline timeline;
  // What starts first starts at 0, and what takes no time ends no later than what it follows.
  for (const double clock : timer.clocks()) timeline.makespan = std::max(timeline.makespan, clock);
  for (const auto& row : table.rows) timeline.busy.push_back(busy_of(row, timer.durations()));
  const double area = table.ranks * timeline.makespan;
  const double busy = std::accumulate(timeline.busy.begin(), timeline.busy.end(), 0.0);
  timeline.bubble_ratio = area > 0 ? 1 - busy / area : 0;
  timeline.spans = timer.take_spans();
  return timeline;
}

std::optional<double> period_bubble_ratio(const Table& table, const Timeline& timeline, std::optional<double> period) {
  if (!period || *period <= 0) return std::nullopt;
  const double busy = std::accumulate(timeline.busy.begin(), timeline.busy.end(), 0.0);
  return std::max(0.0, 1 - share_of_period(table) * busy / (table.ranks * *period));
}

std::vector<std::vector<int>> steps_of(const Table& table) {
  const TableIndex index(table);
  std::vector<std::vector<int>> steps;
  for (const auto& row : table.rows) steps.emplace_back(row.size());
  walk_all(table, index, [&](const Cell& cell, const Waits& waits) {
    auto& own = steps[static_cast<std::size_t>(cell.rank)];
    int step = cell.begin == 0 ? 0 : own[static_cast<std::size_t>(cell.begin) - 1] + 1;
    for (const auto& [action, place] : waits) {
      const int done = steps[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)];
      step = std::max(step, done + 1);
    }
    std::fill(own.begin() + cell.begin, own.begin() + cell.end, step);
  });
  return steps;
}

}  // namespace triaxis
