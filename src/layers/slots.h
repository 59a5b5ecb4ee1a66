// The memory of one stage's slots, before it is shared out to its blocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layers/saved.h"
#include "spec/model.h"
#include "tensor/arena.h"

namespace triaxis {

/// How many microbatches a stage holds at once: what the verifier found.
struct SlotCounts {
  int saved = 1;     ///< from F until W
  int gradient = 0;  ///< from I until W; 0 where the table has full backwards only, and one block's memory serves all
};

/// Which memory of a stage a microbatch has: its saved tensors (F until W) and its output gradients (I until W).
struct Slot {
  int saved = 0;
  int gradient = 0;
};

/// What a block is given to build its slots: one memory a slot, each holding exactly its rows.
struct BlockSlots {
  std::vector<ActivationSpec> forward_rows;
  std::vector<ActivationSpec> gradient_rows;
  std::vector<View> saved;
  std::vector<View> gradient;
};

class SlotMemory {
 public:
  SlotMemory(const Model& model, std::span<const Block> blocks, const ActivationShape& shape, const SlotCounts& counts,
             DType dtype, MemoryLedger& ledger);
  static std::size_t footprint(const Model& model, std::span<const Block> blocks, const ActivationShape& shape,
                               const SlotCounts& counts, DType dtype);

  /// What block number `block` of the stage may use. VALID UNTIL: this goes.
  const BlockSlots& of(std::size_t block) const { return slots_[block]; }

 private:
  Arena arena_;
  std::vector<BlockSlots> slots_;
};

}  // namespace triaxis
