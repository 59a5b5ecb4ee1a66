// Helpers for tests that write tables by hand.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "schedule/registry.h"
#include "schedule/table.h"

namespace triaxis {

/// The actions of a row whose cells are separated by blanks: "0F0 0F1 0B0".
inline std::vector<Action> row_of(const std::string& text) {
  std::vector<Action> row;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    for (const Action action : parse_cell(std::string_view(text).substr(begin, end - begin))) row.push_back(action);
    begin = end + 1;
  }
  return row;
}

/// A table called "test" of these rows.
inline Table table_of(TableKind kind, int stages, int microbatches, const std::vector<std::string>& rows) {
  Table table{"test", kind, static_cast<int>(rows.size()), stages, microbatches, {}, {}};
  for (const std::string& row : rows) table.rows.push_back(row_of(row));
  return table;
}

/// A request with `stages` stages a rank if the schedule can have so many, else with those it has.
inline ScheduleRequest request_of(const ScheduleRow& row, int ranks, int microbatches, int stages = 1) {
  return {ranks, microbatches, row.many_stages_per_rank ? stages : row.default_stages_per_rank};
}

/// A row as row_of reads it.
inline std::string row_text(const std::vector<Action>& row) {
  std::string text;
  for (const Action action : row) {
    if (!text.empty()) text += ' ';
    text += action_text(action);
  }
  return text;
}

/// What the UserError that `body` throws says; empty if it throws none.
template <typename Body>
std::string user_error_of(Body body) {
  try {
    body();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace triaxis
