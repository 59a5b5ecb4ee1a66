// What actions take.
#pragma once

#include <optional>
#include <vector>

namespace triaxis {

/// What actions take, in any unit of time. A list has one value a stage, or one for all stages.
///
/// A tensor leaves its rank when the action that makes it ends, and is at its receiver `send` later. With `transfer`
/// above 0 it also occupies the way from the one rank to the other for so long, one message at a time.
struct Costs {
  std::vector<double> forward = {1};          // F
  std::vector<double> backward_input = {1};   // I
  std::vector<double> backward_weight = {1};  // W; B takes I + W
  double send = 0;                            // latency of a tensor between two ranks
  std::optional<double> overlapped = {};      // an OVERLAP_F_B cell; without it, the sum of its two
  std::vector<double> recompute = {};         // R; empty: as F
  double transfer = 0;                        // what a tensor occupies its channel for
  std::vector<double> gather = {0};           // UNSHARD, beside compute
  std::vector<double> reduce = {0};           // REDUCE_GRAD, beside compute
  std::vector<double> update = {0};           // OPT
};

}  // namespace triaxis
