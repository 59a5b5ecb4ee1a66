// Writes the row of a rank for more microbatches than there are: what concerns the others is left out. An order that is
// defined for whole groups, or from some number of microbatches on, so gives one for fewer; it stays one that can be
// executed, since microbatches wait for each other only within a row, and no action starts later than with the others.
#pragma once

#include <vector>

#include "schedule/table.h"

namespace triaxis {

class RowWriter {
 public:
  RowWriter(Table& table, int rank)
      : row_(table.rows[static_cast<std::size_t>(rank)]), microbatches_(table.microbatches) {}

  void add(ActionKind kind, int stage, int microbatch) {
    if (microbatch < microbatches_) row_.push_back(make_action(kind, stage, microbatch));
  }

 private:
  std::vector<Action>& row_;
  int microbatches_;
};

}  // namespace triaxis
