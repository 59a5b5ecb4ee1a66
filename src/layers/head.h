// The last block: final norm, vocabulary-parallel head and cross-entropy over one logits workspace a rank.
#pragma once

#include <vector>

#include "layers/linear.h"
#include "layers/norm.h"
#include "layers/slots.h"

namespace triaxis {

class HeadBlock {
 public:
  HeadBlock(Context& ctx, MemoryLedger& ledger, const Block& block, std::int64_t batch, const BlockSlots& slots);

  void refresh(Context& ctx) { linear_.refresh(ctx); }
  View input(const Slot& slot) const { return saved_[static_cast<std::size_t>(slot.saved)].input; }
  /// x [tokens, hidden]; the result is the microbatch's losses. Leaves the logits in the workspace.
  void forward(Context& ctx, const Microbatch& microbatch, const View& x, const View& y, const Slot& slot);
  /// dx [tokens, hidden]; dy is not read: the loss starts here, scaled by microbatch.loss_scale.
  void backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot);
  void backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot);

 private:
  struct Saved {
    View input, mean, rstd, normed, lse;
  };
  /// Makes the workspace hold this microbatch's logits, or their gradient, computing again what another microbatch has
  /// overwritten.
  void want_logits(Context& ctx, const Microbatch& microbatch, const Saved& saved);
  void want_gradient(Context& ctx, const Microbatch& microbatch, const Saved& saved);

  LayerNorm norm_;
  Linear linear_;
  std::int64_t first_id_;
  std::vector<Saved> saved_;
  std::vector<View> gradients_;
};

}  // namespace triaxis
