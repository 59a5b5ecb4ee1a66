// The first block: token embedding (vocabulary-parallel), learned positions, dropout.
#pragma once

#include "layers/context.h"
#include "layers/slots.h"

namespace triaxis {

class EmbeddingBlock {
 public:
  EmbeddingBlock(Context& ctx, MemoryLedger& ledger, const Block& block, std::int64_t batch, const BlockSlots& slots);

  void refresh(Context&) {}
  /// Nothing is read but the microbatch's ids.
  View input(const Slot&) const { return {}; }
  void forward(Context& ctx, const Microbatch& microbatch, const View& x, const View& y, const Slot& slot);
  void backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot);
  void backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot);

 private:
  Dropout dropout(const Context& ctx, const Microbatch& microbatch) const;

  int token_;
  int position_;
  std::int64_t first_id_;
  std::uint64_t site_;
  std::vector<View> gradients_;
};

}  // namespace triaxis
