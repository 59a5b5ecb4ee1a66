// Runs a table in time, step after step.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "schedule/durations.h"
#include "schedule/walk.h"

namespace triaxis {

struct Span {
  double start = 0;
  double end = 0;
};

using Spans = std::vector<std::vector<Span>>;  // [rank][position]

/// Holds a clock for all that does one thing at a time: the compute of each rank, its collectives, and, where tensors
/// occupy their way, each channel between two ranks. What waits for what says dependencies.h.
class StepTimer {
 public:
  /// REQUIRES: `index` is the table's. Throws UserError as Durations does. VALID UNTIL: table or index goes.
  StepTimer(const Table& table, const TableIndex& index, const Costs& costs);

  /// Runs one step from where the clocks stand, each action as early as its row and what it waits for allow. Throws
  /// UserError where an action can never start.
  void run();

  const Durations& durations() const { return durations_; }

  /// The spans of the last step; take_spans ends the use of the timer.
  const Spans& spans() const { return spans_; }
  Spans take_spans() { return std::move(spans_); }

  /// When all that was ever in use is free again, after each step in the same order.
  std::vector<double> clocks();

  /// REQUIRES: as many as clocks() gives.
  void set_clocks(const std::vector<double>& clocks);

 private:
  struct Collectives {
    int stage = 0;
    double gathered = 0;  // the end of the last UNSHARD of the step
    double reduced = 0;   // the same of REDUCE_GRAD
  };
  struct Channel {
    int peer = 0;
    double free = 0;
  };
  struct RankClocks {
    double compute = 0;
    double collective = -INFINITY;  // never in use
    std::vector<Channel> channels;  // to other ranks, in the order in which they came into use
    std::vector<Collectives> collectives;
  };

  void visit(const Cell& cell, const Waits& waits);
  double arrival(Place made) const;
  double collectives_done(const RankClocks& clocks, Action action) const;
  void send(Place made, Action action, double end);
  int receiver_of(Action action) const;
  template <typename Visit>
  void for_each_clock(Visit visit);

  const Table& table_;
  const TableIndex& index_;
  Durations durations_;
  double send_;
  double transfer_;
  Spans spans_;
  std::vector<std::vector<double>> arrivals_;  // [rank][position] of what sends; empty where transfer_ is 0
  std::vector<RankClocks> ranks_;
};

}  // namespace triaxis
