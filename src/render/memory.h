// What a rank holds over the time of a step.
#pragma once

#include <vector>

#include "schedule/table.h"
#include "schedule/timing.h"

namespace triaxis {

/// From `time` on, until the next point, the rank holds that many activations.
struct MemoryPoint {
  double time = 0;
  int activations = 0;  // in units of one stage's activations of one microbatch, held from F until W
};

/// The rank's points in the order of time; where several have the same time, the last one holds. Their largest is the
/// peak that verify finds. REQUIRES: a table that verify accepts, and its timeline.
std::vector<MemoryPoint> memory_of_rank(const Table& table, const Timeline& timeline, int rank);

}  // namespace triaxis
