// One pre-norm transformer layer of GPT-2 (Radford et al. 2019), tensor-parallel as Megatron-LM has it: attention by
// heads, column- then row-parallel products.
#pragma once

#include <string>
#include <vector>

#include "layers/linear.h"
#include "layers/norm.h"
#include "layers/slots.h"

namespace triaxis {

class TransformerLayer {
 public:
  TransformerLayer(Context& ctx, MemoryLedger& ledger, const Block& block, std::int64_t batch, const BlockSlots& slots);

  void refresh(Context& ctx);
  /// Where the block before may write its output, so that forward need not copy it.
  View input(const Slot& slot) const { return saved_[static_cast<std::size_t>(slot.saved)].input; }
  /// x, y [tokens, hidden]; y is no part of the slot.
  void forward(Context& ctx, const Microbatch& microbatch, const View& x, const View& y, const Slot& slot);
  /// dy, dx [tokens, hidden]; dx may be dy.
  void backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot);
  void backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot);

  /// Its two residual branches as the tensor axis sees them.
  std::vector<std::vector<Operator>> branches() const;

 private:
  struct Saved {
    View input, mean1, rstd1, normed1, qkv, lse, context, middle, mean2, rstd2, normed2, up, activation;
  };
  struct Gradients {
    View down, up, normed2, output, qkv, normed1;
  };
  static Saved bind_saved(SavedTensors tensors);
  static Gradients bind_gradients(SavedTensors tensors);
  void attention_forward(Context& ctx, const Microbatch& microbatch, const Saved& saved);
  void mlp_forward(Context& ctx, const Microbatch& microbatch, const Saved& saved, const View& y);
  Dropout dropout(const Context& ctx, const Microbatch& microbatch, std::uint64_t site) const;
  AttentionShape attention_shape(const Context& ctx) const;

  std::string name_;
  LayerNorm norm1_;
  Linear qkv_;
  Linear output_;
  int output_bias_;
  LayerNorm norm2_;
  Linear up_;
  Linear down_;
  int down_bias_;
  std::uint64_t attention_site_, output_site_, mlp_site_;
  std::vector<Saved> saved_;
  std::vector<Gradients> gradients_;
};

}  // namespace triaxis
