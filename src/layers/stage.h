// A pipeline stage: a run of blocks. Embedding and head are blocks, so a stage that is the whole model is no special
// case.
#pragma once

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "layers/embedding.h"
#include "layers/head.h"
#include "layers/transformer_layer.h"

namespace triaxis {

class Stage {
 public:
  /// Assembles the blocks and checks that each takes over the tensor axis what the one before it gives. `ctx` holds
  /// this stage's parameters.
  Stage(Context& ctx, MemoryLedger& ledger, std::span<const Block> blocks, std::int64_t batch,
        const SlotCounts& counts);

  /// Packs the weights for the coming step.
  void refresh(Context& ctx);
  /// F. x [tokens, hidden], or empty where the stage starts with the embedding; y [tokens, hidden], or empty where it
  /// ends with the head.
  void forward(Context& ctx, const Microbatch& microbatch, const View& x, const View& y, const Slot& slot);
  /// I. dy or dx is empty where y or x is.
  void backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot);
  /// W.
  void backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot);
  /// B: I then W, block by block.
  void backward(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot);

 private:
  using AnyBlock = std::variant<EmbeddingBlock, TransformerLayer, HeadBlock>;

  template <typename Then>
  void walk_back(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot,
                 Then then);

  SlotMemory memory_;
  std::vector<AnyBlock> blocks_;
};

}  // namespace triaxis
