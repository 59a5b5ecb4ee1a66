#include "schedule/timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "schedule/walk.h"

namespace triaxis {
namespace {

using enum ActionKind;

/// One value a stage, whatever the list's length.
std::vector<double> per_stage(const std::vector<double>& list, std::string_view name, const Table& table) {
  if (list.size() != 1 && list.size() != static_cast<std::size_t>(table.stages)) {
    throw UserError(fmt::format("cost {}: {} values for {} stages; give one value or {}", name, list.size(),
                                table.stages, table.stages));
  }
  for (const double value : list) {
    if (!std::isfinite(value) || value < 0)
      throw UserError(fmt::format("cost {}: {} is no time; give a number from 0 up", name, value));
  }
  std::vector<double> values = list;
  values.resize(static_cast<std::size_t>(table.stages), list.front());
  return values;
}

/// Durations of cells.
class Durations {
 public:
  Durations(const Table& table, const Costs& costs)
      : forward_(per_stage(costs.forward, "F", table)),
        input_(per_stage(costs.backward_input, "I", table)),
        weight_(per_stage(costs.backward_weight, "W", table)),
        overlapped_(costs.overlapped) {
    per_stage({costs.send}, "send", table);
    if (overlapped_) per_stage({*overlapped_}, "FB", table);
  }

  double of(const std::vector<Action>& row, const Cell& cell) const {
    if (cell.end - cell.begin > 1 && overlapped_) return *overlapped_;
    double sum = 0;
    for (int i = cell.begin; i < cell.end; ++i) sum += of(row[static_cast<std::size_t>(i)]);
    return sum;
  }

 private:
  double of(Action action) const {
    switch (action.kind) {
      case kForward:
      case kRecompute:
        return forward_[action.stage];
      case kBackwardInput:
        return input_[action.stage];
      case kBackwardWeight:
        return weight_[action.stage];
      case kBackward:
        return input_[action.stage] + weight_[action.stage];
      default:
        return 0;
    }
  }

  std::vector<double> forward_, input_, weight_;  // [stage]
  std::optional<double> overlapped_;
};

/// Fills the spans of one step whose ranks are free at the times in `free`, and moves `free` to their ends.
void time_step(const Table& table, const TableIndex& index, const Durations& durations, double send,
               std::vector<double>& free, std::vector<std::vector<Span>>& spans) {
  walk_all(table, index, [&](const Cell& cell, const Waits& waits) {
    const auto rank = static_cast<std::size_t>(cell.rank);
    double start = free[rank];
    for (const auto& [action, place] : waits) {
      const double done = spans[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)].end;
      start = std::max(start, place.rank == cell.rank ? done : done + send);
    }
    const Span span{start, start + durations.of(table.rows[rank], cell)};
    std::fill(spans[rank].begin() + cell.begin, spans[rank].begin() + cell.end, span);
    free[rank] = span.end;
  });
}

std::vector<std::vector<Span>> empty_spans(const Table& table) {
  std::vector<std::vector<Span>> spans;
  for (const auto& row : table.rows) spans.emplace_back(row.size());
  return spans;
}

double busy_of(const Table& table, int rank, const Durations& durations) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  double busy = 0;
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    busy += durations.of(row, {rank, begin, end});
  }
  return busy;
}

/// First start to last end of compute.
double makespan_of(const Table& table, const std::vector<std::vector<Span>>& spans) {
  double first = INFINITY;
  double last = 0;
  for (std::size_t rank = 0; rank < spans.size(); ++rank) {
    for (std::size_t i = 0; i < spans[rank].size(); ++i) {
      if (!is_compute(table.rows[rank][i].kind)) continue;
      first = std::min(first, spans[rank][i].start);
      last = std::max(last, spans[rank][i].end);
    }
  }
  return std::isinf(first) ? 0 : last - first;
}

}  // namespace

Timeline time_table(const Table& table, const Costs& costs) {
  const TableIndex index(table);
  const Durations durations(table, costs);
  Timeline timeline;
  timeline.spans = empty_spans(table);
  std::vector<double> free(table.rows.size());
  time_step(table, index, durations, costs.send, free, timeline.spans);
  for (int rank = 0; rank < table.ranks; ++rank) timeline.busy.push_back(busy_of(table, rank, durations));
  timeline.makespan = makespan_of(table, timeline.spans);
  const double area = table.ranks * timeline.makespan;
  const double busy = std::accumulate(timeline.busy.begin(), timeline.busy.end(), 0.0);
  timeline.bubble_ratio = area > 0 ? 1 - busy / area : 0;
  return timeline;
}

std::optional<double> period_of(const Table& table, const Costs& costs) {
  const TableIndex index(table);
  const Durations durations(table, costs);
  auto spans = empty_spans(table);
  std::vector<double> free(table.rows.size());
  // Times are sums of costs in another order from step to step, so equal shifts may differ in their last bits.
  constexpr double kTolerance = 1e-9;
  constexpr int kMostSteps = 64;
  for (int step = 0; step < kMostSteps; ++step) {
    const std::vector<double> before = free;
    time_step(table, index, durations, costs.send, free, spans);
    double least = INFINITY;
    double most = 0;
    for (std::size_t rank = 0; rank < free.size(); ++rank) {
      least = std::min(least, free[rank] - before[rank]);
      most = std::max(most, free[rank] - before[rank]);
    }
    if (most - least <= kTolerance * most) return most;
  }
  return std::nullopt;
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
