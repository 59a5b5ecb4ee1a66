// The microbatches of a step in memory that is taken once.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "layers/context.h"

namespace triaxis {

struct BatchShape {
  std::int64_t microbatches = 1;  ///< of this rank in a step
  std::int64_t micro = 1;         ///< sequences of a microbatch
  std::int64_t seq = 1;
  std::int64_t groups = 1;  ///< data groups accumulated on this rank; consecutive microbatches share one
};

/// Writes one sequence's ids and targets, both `seq` long. Knows nothing of parallelism but the sequence's number.
using FillSequence =
    std::function<void(std::int64_t sequence, std::span<std::int32_t> ids, std::span<std::int32_t> targets)>;

class Batch {
 public:
  Batch(const BatchShape& shape, MemoryLedger& ledger);

  /// Loads this rank's sequences, [first, first + microbatches * micro), for `step`.
  void load(std::int64_t step, std::int64_t first, double loss_scale, const FillSequence& fill);
  std::span<const Microbatch> microbatches() const { return microbatches_; }
  /// Each sequence's loss, in the order loaded. VALID UNTIL: the next run of the executor.
  std::span<const double> losses() const;

 private:
  BatchShape shape_;
  Arena arena_;
  View losses_;  // [microbatches, micro] f64
  std::vector<Microbatch> microbatches_;
  std::int64_t next_serial_ = 0;
};

}  // namespace triaxis
