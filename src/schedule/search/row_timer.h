// Times rows of a search, many times over.
#pragma once

#include <vector>

#include "schedule/search/problem.h"

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
  void deliver(double made, int from, int to, std::vector<double>& arrivals, int microbatch);
  double period(const Rows& rows);
  std::size_t slot(int stage, int microbatch) const {
    return static_cast<std::size_t>(stage) * static_cast<std::size_t>(problem_.microbatches) +
           static_cast<std::size_t>(microbatch);
  }

  struct Counts {
    int forwards = 0;
    int inputs = 0;
    int weights = 0;
    int arrived = 0;    // inputs of F
    int gradients = 0;  // inputs of I
  };

  const SearchProblem& problem_;
  std::vector<double> forward_arrivals_;   // [stage, microbatch], of what F needs
  std::vector<double> backward_arrivals_;  // [stage, microbatch], of what I needs
  std::vector<Counts> counts_;             // [stage]
  std::vector<double> free_;               // [rank]
  std::vector<double> channel_free_;       // [source, destination]; if transfer > 0
  std::vector<std::size_t> positions_;     // [rank]
  std::vector<char> queued_;               // [rank]
  std::vector<int> queue_;
};

}  // namespace triaxis
