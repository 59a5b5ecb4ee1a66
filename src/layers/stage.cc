#include "layers/stage.h"

#include "base/error.h"

namespace triaxis {
namespace {

ActivationShape activation_shape(const Context& ctx, std::int64_t batch) {
  const TensorSlice& slice = ctx.parameters.slice();
  return {.batch = batch, .tensor_shards = slice.shards, .local_shards = slice.local};
}

void check_branches(const TransformerLayer& layer) {
  for (const std::vector<Operator>& branch : layer.branches()) {
    const std::string wrong = check_chain(branch, replicated(), replicated());
    check(wrong.empty(), wrong);
  }
}

void check_gradients(const ParameterStore& parameters) {
  for (const Entry& entry : parameters.entries()) {
    check(entry.spec.gradient == entry.spec.tensor,
          "a reduction over the tensor axis is missing for the gradient of " + entry.spec.name);
  }
}

}  // namespace

Stage::Stage(Context& ctx, MemoryLedger& ledger, std::span<const Block> blocks, std::int64_t batch,
             const SlotCounts& counts)
    : memory_(ctx.model, blocks, activation_shape(ctx, batch), counts, ctx.kernels.dtype, ledger) {
  blocks_.reserve(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const BlockSlots& slots = memory_.of(i);
    switch (blocks[i].kind) {
      case BlockKind::kEmbedding:
        blocks_.emplace_back(std::in_place_type<EmbeddingBlock>, ctx, ledger, blocks[i], batch, slots);
        break;
      case BlockKind::kLayer:
        blocks_.emplace_back(std::in_place_type<TransformerLayer>, ctx, ledger, blocks[i], batch, slots);
        check_branches(std::get<TransformerLayer>(blocks_.back()));
        break;
      case BlockKind::kHead:
        blocks_.emplace_back(std::in_place_type<HeadBlock>, ctx, ledger, blocks[i], batch, slots);
        break;
    }
  }
  check_gradients(ctx.parameters);
}

void Stage::refresh(Context& ctx) {
  for (AnyBlock& block : blocks_) std::visit([&](auto& b) { b.refresh(ctx); }, block);
}

void Stage::forward(Context& ctx, const Microbatch& microbatch, const View& x, const View& y, const Slot& slot) {
  View in = x;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const bool last = i + 1 == blocks_.size();
    // A block writes straight into what the next one saves as its input.
    const View out = last ? y : std::visit([&](auto& b) { return b.input(slot); }, blocks_[i + 1]);
    std::visit([&](auto& b) { b.forward(ctx, microbatch, in, out, slot); }, blocks_[i]);
    in = out;
  }
}

template <typename Then>
void Stage::walk_back(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot,
                      Then then) {
  View gradient = dy;
  for (std::size_t i = blocks_.size(); i-- > 0;) {
    const View out = i == 0 ? dx : ctx.workspace.gradient;
    std::visit([&](auto& b) { b.backward_input(ctx, microbatch, gradient, out, slot); }, blocks_[i]);
    then(blocks_[i]);
    gradient = out;
  }
}

void Stage::backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx,
                           const Slot& slot) {
  walk_back(ctx, microbatch, dy, dx, slot, [](AnyBlock&) {});
}

void Stage::backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot) {
  for (std::size_t i = blocks_.size(); i-- > 0;) {
    std::visit([&](auto& b) { b.backward_weight(ctx, microbatch, slot); }, blocks_[i]);
  }
}

void Stage::backward(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx, const Slot& slot) {
  walk_back(ctx, microbatch, dy, dx, slot,
            [&](AnyBlock& block) { std::visit([&](auto& b) { b.backward_weight(ctx, microbatch, slot); }, block); });
}

}  // namespace triaxis
