#include "layers/embedding.h"

#include "layers/tensor_region.h"
#include "spec/activation.h"

namespace triaxis {

EmbeddingBlock::EmbeddingBlock(Context& ctx, MemoryLedger&, const Block& block, std::int64_t, const BlockSlots& slots)
    : token_(ctx.parameters.unit(name_of(block) + ".token.weight")),
      position_(ctx.parameters.unit(name_of(block) + ".position.weight")),
      first_id_(ctx.parameters.slice().first * vocabulary_width(ctx.model, ctx.parameters.slice().shards)),
      site_(site_hash(name_of(block) + ".dropout")) {
  for (const View& memory : slots.gradient) {
    SavedTensors saved(slots.gradient_rows, memory, ctx.kernels.dtype);
    gradients_.push_back(saved.take("gradient"));
    saved.check_all_taken();
  }
}

Dropout EmbeddingBlock::dropout(const Context& ctx, const Microbatch& microbatch) const {
  return {ctx.dropout, random_key(ctx.seed, static_cast<std::uint64_t>(microbatch.step), site_), &microbatch.tokens};
}

void EmbeddingBlock::forward(Context& ctx, const Microbatch& microbatch, const View&, const View& y, const Slot&) {
  ctx.kernels.embedding_forward(ctx.stream, microbatch.ids, ctx.unit(token_).weight, first_id_, y);
  // A token is in one shard, and the others' summands are zeros: one leaf stands for all of this rank's.
  const View rows = leave_tensor_region(ctx, y.reshape({1, y.dim(0), y.dim(1)}));
  ctx.kernels.position_forward(ctx.stream, rows, microbatch.tokens.positions, ctx.unit(position_).weight,
                               dropout(ctx, microbatch), y);
  ctx.look("embedding", "output", y);
}

void EmbeddingBlock::backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View&,
                                    const Slot& slot) {
  ctx.kernels.dropout_backward(ctx.stream, dy, dropout(ctx, microbatch),
                               gradients_[static_cast<std::size_t>(slot.gradient)]);
}

void EmbeddingBlock::backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot) {
  const View& dy = gradients_[static_cast<std::size_t>(slot.gradient)];
  ctx.kernels.embedding_backward(ctx.stream, microbatch.ids, dy, first_id_, ctx.gradient(token_, microbatch));
  ctx.look("embedding", "token.weight.gradient", ctx.gradient(token_, microbatch));
  ctx.sink.done(token_);
  const View& positions = ctx.gradient(position_, microbatch);
  ctx.kernels.embedding_backward(ctx.stream, microbatch.tokens.positions, dy, 0,
                                 positions.reshape({1, positions.dim(0), positions.dim(1)}));
  ctx.sink.done(position_);
}

}  // namespace triaxis
