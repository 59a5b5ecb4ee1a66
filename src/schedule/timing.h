// When each action of a table runs, given what actions take.
#pragma once

#include <optional>
#include <vector>

#include "schedule/costs.h"
#include "schedule/table.h"

namespace triaxis {

struct Span {
  double start = 0;
  double end = 0;
};

struct Timeline {
  std::vector<std::vector<Span>> spans;  // [rank][position]; actions that take no compute have length 0
  std::vector<double> busy;              // [rank], time in compute
  double makespan = 0;                   // first start to last end
  double bubble_ratio = 0;               // 1 - sum of busy / (ranks * makespan)
};

/// Times one step. Every rank runs its row in order, each action as early as what it waits for allows; sends and
/// receives take no compute, and a tensor travels as soon as it is sent, whether or not its receive is posted.
/// REQUIRES: a table that verify accepts. Throws UserError if a list of costs has another length than 1 or the stages,
/// or if a cost is negative or not finite.
Timeline time_table(const Table& table, const Costs& costs);

/// What one step takes when step follows step and no rank waits for the others in between: the time by which every rank
/// moves on from one step to the next, once that is the same for all of them. RETURNS: nothing if that takes more than
/// a few steps, as where ranks of unequal load drift apart.
std::optional<double> period_of(const Table& table, const Costs& costs);

/// The step at which each cell of the table runs if every cell takes one step: [rank][position], from 0.
std::vector<std::vector<int>> steps_of(const Table& table);

}  // namespace triaxis
