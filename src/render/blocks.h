// What every picture of a schedule is made of: labelled blocks in a row a rank.
#pragma once

#include <string>
#include <vector>

#include "schedule/table.h"
#include "schedule/timing.h"

namespace triaxis {

/// One cell of compute, or an update of weights that takes time.
struct DrawnBlock {
  double start = 0;
  double end = 0;
  ActionKind kind = ActionKind::kForward;
  bool overlapped = false;  // an F beside a backward
  int stage = 0;
  std::string label;    // "F3"; with several stages a rank "2F3"; "F3/B0" if overlapped
  std::string updates;  // the updates that take no time and follow at its end: "OPT3"
};

using BlockRows = std::vector<std::vector<DrawnBlock>>;  // [rank], in time order

/// The table's compute and updates at the times of its timeline. Compute that takes no time is left out.
BlockRows timed_blocks(const Table& table, const Timeline& timeline);

/// The table's compute with every cell one step long.
BlockRows step_blocks(const Table& table);

}  // namespace triaxis
