// A pipeline schedule as data: for every rank, the ordered list of what it does in one step.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "schedule/action.h"

namespace triaxis {

enum class TableKind {
  kTrain,         // each F and B, or F, I and W, once
  kForward,       // each F once: validation and generation
  kAsynchronous,  // with OPT actions: no flush between steps
};

/// The version of a stage's weights that a forward of an asynchronous table takes; its backward takes the same. Version
/// v is what OPT number v - 1 made, 0 what the run started with.
enum class VersionRule {
  kStash,     // the newest on its rank
  kVertical,  // the newest on stage 0 when the microbatch entered it
  kDouble,    // of the microbatches of update u: max(0, u - 1)
};

/// Stages are numbered along the model; several on one rank are its chunks, and one on several ranks is replicated. The
/// rank of a (stage, microbatch) is the one in whose row its F stands.
struct Table {
  std::string name;
  TableKind kind = TableKind::kTrain;
  int ranks = 0;
  int stages = 0;
  int microbatches = 0;
  std::vector<std::vector<Action>> rows;           // [ranks], each in the order of execution
  VersionRule version_rule = VersionRule::kStash;  // of an asynchronous table
};

/// Where an action stands: the position counts the actions of the row, from 0.
struct Place {
  int rank = -1;
  int position = -1;

  bool found() const { return rank >= 0; }
  friend bool operator==(const Place&, const Place&) = default;
};

/// The action that stands there. REQUIRES: the table has the place.
inline Action action_at(const Table& table, Place place) {
  return table.rows[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)];
}

/// "train", "forward", "asynchronous".
std::string_view kind_text(TableKind kind);

/// "stash", "vertical", "double".
std::string_view version_rule_text(VersionRule rule);

/// The stages in the rank's row, ascending.
std::vector<int> stages_of_rank(const Table& table, int rank);

/// The same for every rank, in time linear in the actions.
std::vector<std::vector<int>> stages_of_ranks(const Table& table);

/// The end of the cell that starts at `begin`: begin + 1, or begin + 2 for an OVERLAP_F_B cell.
inline int cell_end(const std::vector<Action>& row, int begin) {
  auto end = static_cast<std::size_t>(begin);
  while (row[end].with_next && end + 1 < row.size()) ++end;
  return static_cast<int>(end) + 1;
}

/// An error about one action of a table: names table, rank, position, action and reason.
UserError table_error(const Table& table, Place place, std::string_view reason);

}  // namespace triaxis
