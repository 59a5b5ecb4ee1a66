// What a search for a schedule works on.
//
// Microbatches are alike. So a schedule needs only say, rank by rank, in which order kinds of work of its stages follow
// each other; the k-th F, I and W of a stage are microbatch k's. Nothing is lost by that: renumbering what a stage does
// in the order in which it does it keeps every time, every wait and every peak. And the bits hold, since a stage's Ws
// come in ascending order.
#pragma once

#include <array>
#include <vector>

#include "schedule/registry.h"

namespace triaxis {

/// Which rank each stage is on: [stage].
using Placement = std::vector<int>;

/// Stage s on rank s mod p.
Placement loop_placement(int ranks, int stages_per_rank);

/// Down the ranks, up again, down again: with two stages a rank a V.
Placement snake_placement(int ranks, int stages_per_rank);

/// The order of each rank. Of an action, only kind (F, I or W) and stage count.
using Rows = std::vector<std::vector<Action>>;

struct SearchProblem {
  /// REQUIRES: a request inside auto's domain, a placement of its stages. Throws UserError for costs that time_table
  /// refuses, too.
  SearchProblem(const ScheduleRequest& request, Placement placement);

  /// What a kind of work (F, I or W) takes.
  double cost(ActionKind kind, int stage) const {
    return costs[static_cast<std::size_t>(kind)][static_cast<std::size_t>(stage)];
  }

  int rank_of(int stage) const { return placement[static_cast<std::size_t>(stage)]; }

  /// From the end of what makes a tensor to its use on another stage, if nothing else is on the way.
  double distance(int from, int to) const { return rank_of(from) == rank_of(to) ? 0 : transfer + send; }

  /// How many F, I and W there are.
  double actions() const { return 3.0 * stages * microbatches; }

  int ranks;
  int stages;
  int microbatches;
  int capacity;  // activations that a rank may hold
  Objective objective;
  double send;
  double transfer;
  Placement placement;
  std::vector<std::vector<int>> stages_of;   // [rank], ascending
  std::array<std::vector<double>, 3> costs;  // [F, I, W][stage]
};

/// A table of the rows. REQUIRES: rows in which every F, I and W stands once.
Table table_of_rows(const SearchProblem& problem, const Rows& rows);

/// The order of a table in which each stage is on one rank: its B as I and W, its pairs as what they consist of. Keeps
/// to every wait and every peak of the table.
Rows rows_of_table(const Table& table);

/// The placement of such a table.
Placement placement_of(const Table& table);

}  // namespace triaxis
