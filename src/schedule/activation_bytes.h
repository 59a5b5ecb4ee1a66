// What a table makes a rank hold for its microbatches, in bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schedule/index.h"

namespace triaxis {

/// What one microbatch holds in one stage, from the start of one action until the end of another. The first four are
/// the lifetimes of spec/activation.h; a layer's linear inputs, for instance, are held until W, and between I and W its
/// linear output gradients too.
struct StageBytes {
  std::int64_t forward_to_input = 0;
  std::int64_t forward_to_weight = 0;
  std::int64_t recompute_to_weight = 0;   // what R brings back; from F until W where the table has no R
  std::int64_t input_to_weight = 0;       // not in a B, which goes layer by layer: that takes one layer's as workspace
  std::int64_t forward_to_recompute = 0;  // where the table has an R: what is kept in the place of what R brings back
};

/// Bytes that a rank holds around a cell of its row.
struct HeldBytes {
  int position = 0;         // where the cell begins
  std::int64_t during = 0;  // from its start until its end
  std::int64_t after = 0;   // until the next cell's start
};

/// What the rank holds at each cell that changes it, in order. What was moved out by OFFLOAD is not held from its end
/// until FETCH starts; in a forward table an F frees at its end what it took. REQUIRES: a table that verify accepts,
/// its index, an entry of `stages` for each of its stages.
std::vector<HeldBytes> held_bytes_of_rank(const Table& table, const TableIndex& index,
                                          std::span<const StageBytes> stages, int rank);

/// The most bytes that a rank holds at once.
struct BytesPeak {
  std::int64_t bytes = 0;
  int position = 0;  // of the cell at whose start it first does
};

/// The peak of each rank. REQUIRES: as held_bytes_of_rank.
std::vector<BytesPeak> bytes_peaks(const Table& table, std::span<const StageBytes> stages);

}  // namespace triaxis
