// When each action of a table runs, given what actions take.
#pragma once

#include <optional>
#include <vector>

#include "schedule/step_timer.h"

namespace triaxis {

struct Timeline {
  Spans spans;               // actions that take no time have length 0
  std::vector<double> busy;  // [rank], time in compute: F, I, W, B, R and OPT
  double makespan = 0;       // first start to last end of all that takes time, beside compute too
  double bubble_ratio = 0;   // 1 - sum of busy / (ranks * makespan)
};

/// Times one step. Every rank runs its row in order, each action as early as what it waits for allows.
///
/// Sends and receives take no compute. A tensor leaves at the end of the action that makes it, in a lowered table when
/// its SEND is reached, in either behind the earlier ones of its rank to the same rank, each of which takes `transfer`;
/// it is there `send` later, whether or not its receive is posted. UNSHARD and REDUCE_GRAD run beside compute, one at a
/// time on a rank, from when the row reaches them; compute on the stage waits for its UNSHARD, its OPT for its
/// REDUCE_GRAD. REQUIRES: a table that verify accepts. Throws UserError if a list of costs has another length than 1 or
/// the stages, or if a cost is negative or not finite.
Timeline time_table(const Table& table, const Costs& costs);

/// The share of a period that the ranks idle: 1 - their mean time in compute that falls into it over the period, and 0
/// where rounding makes that less. `timeline` and `period` are the table's, by time_table and period_of. RETURNS:
/// nothing without a period.
std::optional<double> period_bubble_ratio(const Table& table, const Timeline& timeline, std::optional<double> period);

/// The step at which each cell of the table runs if every cell takes one step: [rank][position], from 0.
std::vector<std::vector<int>> steps_of(const Table& table);

}  // namespace triaxis
