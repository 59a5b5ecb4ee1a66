// A copy of what a rank saves, taken between two steps and written while the next ones run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "checkpoint/shard_file.h"
#include "parameters/store.h"
#include "spec/slices.h"
#include "tensor/arena.h"

namespace triaxis {

class Snapshot {
 public:
  /// Takes the memory for `slices`, those that this rank saves, weights and moments, booked as workspace. REQUIRES:
  /// every slice is in one of the stores, which outlive the snapshot.
  Snapshot(std::span<const ParameterStore* const> stores, std::vector<OwnedSlice> slices, MemoryLedger& ledger);

  static std::size_t footprint(std::span<const OwnedSlice> slices);

  /// Copies. Nothing else is done while a step waits.
  void take(Stream& stream);

  /// What the file of this snapshot holds: all weights, then all first moments, then all second ones.
  std::vector<ShardTensor> tensors() const;
  /// Appends everything in that order. Allocates nothing.
  void write(ShardFileWriter& file) const;

 private:
  struct Part {
    const ParameterStore* store = nullptr;
    const Entry* entry = nullptr;
    OwnedSlice slice;
    std::int64_t offset = 0;  ///< in each form's memory
  };

  std::vector<Part> parts_;
  std::int64_t elements_ = 0;
  Arena arena_;
  View memory_;  ///< [forms, elements]
};

}  // namespace triaxis
