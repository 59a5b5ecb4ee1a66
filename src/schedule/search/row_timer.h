// Times rows of a search, many times over.
#pragma once

#include <vector>

#include "schedule/search/progress.h"

namespace triaxis {

/// How good rows are: what the objective makes small, then, between equals, how early the ranks are through.
struct RowValue {
  double objective = 0;
  double ends = 0;  // the sum of when the ranks are through

  /// Whether this is less by more than what rounding does.
  bool better_than(const RowValue& other) const;
};

class RowTimer {
 public:
  /// VALID UNTIL: the problem goes.
  explicit RowTimer(const SearchProblem& problem);

  /// RETURNS: infinite values for rows that cannot be executed.
  RowValue value(const Rows& rows);

  /// When each rank was through in the last step timed.
  const std::vector<double>& ends() const { return free_; }

 private:
  bool run_step(const Rows& rows);
  bool advance(const std::vector<Action>& row, int rank);
  bool run(Action action, int rank);
  double period(const Rows& rows);

  const SearchProblem& problem_;
  Progress progress_;
  std::vector<double> free_;            // [rank]
  std::vector<std::size_t> positions_;  // [rank]
  std::vector<char> queued_;            // [rank]
  std::vector<int> queue_;
};

}  // namespace triaxis
