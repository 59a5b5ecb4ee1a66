#pragma once

#include <array>
#include <optional>
#include <vector>

#include "schedule/costs.h"
#include "schedule/table.h"

namespace triaxis {

/// What each action of a table takes, looked up in constant time.
class Durations {
 public:
  /// Throws UserError if a list of costs has another length than 1 or the stages, or if a cost is negative or not
  /// finite.
  Durations(const Table& table, const Costs& costs);

  /// What the action takes alone, beside compute or in it; 0 for what takes no time.
  double of(Action action) const { return of_[action.stage][static_cast<std::size_t>(action.kind)]; }

  /// What actions [begin, end) of the row, one cell, take.
  double of_cell(const std::vector<Action>& row, int begin, int end) const;

 private:
  std::vector<std::array<double, kActionKinds>> of_;  // [stage][kind]
  std::optional<double> overlapped_;
};

}  // namespace triaxis
