// Goes through a table in an order in which it could be executed.
#pragma once

#include <optional>
#include <vector>

#include "schedule/dependencies.h"

namespace triaxis {

/// What is executed as one: actions [begin, end) of a rank's row, more than one only in an OVERLAP_F_B cell.
struct Cell {
  int rank = 0;
  int begin = 0;
  int end = 0;
};

/// An action that can never start, and the one it waits for.
struct Stuck {
  Place place;
  Wait wait;
};

/// Walks every rank's row as far as the rows before allow it.
template <typename Visit>
class Walker {
 public:
  Walker(const Table& table, const TableIndex& index, Visit visit)
      : table_(table), index_(index), visit_(visit), ranks_(static_cast<std::size_t>(table.ranks)) {}

  std::optional<Stuck> run() {
    for (int rank = 0; rank < table_.ranks; ++rank) runnable_.push_back(table_.ranks - 1 - rank);
    while (!runnable_.empty()) {
      const int rank = runnable_.back();
      runnable_.pop_back();
      advance(rank);
    }
    for (int rank = 0; rank < table_.ranks; ++rank) {
      if (state(rank).stuck) return state(rank).stuck;
    }
    return std::nullopt;
  }

 private:
  struct RankState {
    int position = 0;
    std::optional<Stuck> stuck;
    std::vector<int> waiting;  // ranks stuck on an action of this one
  };

  RankState& state(int rank) { return ranks_[static_cast<std::size_t>(rank)]; }
  bool done(Place place) { return place.found() && place.position < state(place.rank).position; }

  /// Collects what the cell waits for. RETURNS: the first of it that is not done.
  std::optional<Stuck> blocked(const std::vector<Action>& row, const Cell& cell) {
    waits_.clear();
    for (int i = cell.begin; i < cell.end; ++i) add_waits(index_, cell.rank, row[static_cast<std::size_t>(i)], waits_);
    for (const Wait& wait : waits_)
      if (!done(wait.place)) return Stuck{{cell.rank, cell.begin}, wait};
    return std::nullopt;
  }

  void advance(int rank) {
    RankState& own = state(rank);
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    own.stuck.reset();
    while (own.position < static_cast<int>(row.size())) {
      const Cell cell{rank, own.position, cell_end(row, own.position)};
      own.stuck = blocked(row, cell);
      if (own.stuck) break;
      visit_(cell, waits_);
      own.position = cell.end;
    }
    if (own.stuck && own.stuck->wait.place.found()) state(own.stuck->wait.place.rank).waiting.push_back(rank);
    wake(own);
  }

  void wake(RankState& own) {
    std::size_t kept = 0;
    for (const int other : own.waiting) {
      if (done(state(other).stuck->wait.place))
        runnable_.push_back(other);
      else
        own.waiting[kept++] = other;
    }
    own.waiting.resize(kept);
  }

  const Table& table_;
  const TableIndex& index_;
  Visit visit_;
  std::vector<RankState> ranks_;
  Waits waits_;
  std::vector<int> runnable_;
};

/// Calls visit(const Cell&, const Waits&) once for each cell, with what its actions wait for, after the earlier cells
/// of its row and after all of that. RETURNS: nothing, or the lowest rank's stuck action if some can never start.
template <typename Visit>
std::optional<Stuck> walk(const Table& table, const TableIndex& index, Visit visit) {
  return Walker<Visit>(table, index, visit).run();
}

/// The same for a table that is known to be sound. Throws UserError where an action can never start.
template <typename Visit>
void walk_all(const Table& table, const TableIndex& index, Visit visit) {
  const auto stuck = walk(table, index, visit);
  if (stuck) throw table_error(table, stuck->place, "waits for ever for " + action_text(stuck->wait.action));
}

}  // namespace triaxis
