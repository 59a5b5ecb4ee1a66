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
      : table_(table), index_(index), visit_(visit), positions_(table.rows.size()), stuck_(table.rows.size()) {}

  std::optional<Stuck> run() {
    for (int rank = 0; rank < table_.ranks; ++rank) runnable_.push_back(table_.ranks - 1 - rank);
    while (!runnable_.empty()) {
      const int rank = runnable_.back();
      runnable_.pop_back();
      advance(rank);
    }
    for (int rank = 0; rank < table_.ranks; ++rank) {
      const auto at = static_cast<std::size_t>(rank);
      if (positions_[at] < static_cast<int>(table_.rows[at].size()))
        return Stuck{{rank, positions_[at]}, stuck_[at].wait};
    }
    return std::nullopt;
  }

 private:
  struct StuckRank {
    Wait wait;                 // what the rank was last stuck on
    std::vector<int> waiting;  // ranks stuck on an action of this one
  };

  bool done(Place place) const {
    return place.found() && place.position < positions_[static_cast<std::size_t>(place.rank)];
  }

  /// Collects what the cell waits for. RETURNS: the first of it that is not done; null if all is.
  const Wait* blocked(const std::vector<Action>& row, const Cell& cell) {
    waits_.clear();
    for (int i = cell.begin; i < cell.end; ++i) add_waits(index_, cell.rank, row[static_cast<std::size_t>(i)], waits_);
    for (const Wait& wait : waits_)
      if (!done(wait.place)) return &wait;
    return nullptr;
  }

  void advance(int rank) {
    const auto own = static_cast<std::size_t>(rank);
    const auto& row = table_.rows[own];
    int& position = positions_[own];
    while (position < static_cast<int>(row.size())) {
      const Cell cell{rank, position, cell_end(row, position)};
      if (const Wait* wait = blocked(row, cell)) {
        stuck_[own].wait = *wait;
        if (wait->place.found()) stuck_[static_cast<std::size_t>(wait->place.rank)].waiting.push_back(rank);
        break;
      }
      visit_(cell, waits_);
      position = cell.end;
    }
    wake(stuck_[own].waiting);
  }

  /// Makes runnable those of the ranks whose wait is over.
  void wake(std::vector<int>& waiting) {
    std::size_t kept = 0;
    for (const int other : waiting) {
      if (done(stuck_[static_cast<std::size_t>(other)].wait.place))
        runnable_.push_back(other);
      else
        waiting[kept++] = other;
    }
    waiting.resize(kept);
  }

  const Table& table_;
  const TableIndex& index_;
  Visit visit_;
  std::vector<int> positions_;    // [rank], of the next action
  std::vector<StuckRank> stuck_;  // [rank]
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
