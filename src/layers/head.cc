#include "layers/head.h"

#include "layers/tensor_region.h"
#include "spec/activation.h"

namespace triaxis {

HeadBlock::HeadBlock(Context& ctx, MemoryLedger& ledger, const Block& block, std::int64_t batch,
                     const BlockSlots& slots)
    : norm_(ctx, name_of(block) + ".norm"),
      linear_(ctx, ledger, Linear::Kind::kColumn, name_of(block) + ".weight", "", batch * ctx.model.seq_len),
      first_id_(ctx.parameters.slice().first * vocabulary_width(ctx.model, ctx.parameters.slice().shards)) {
  for (const View& memory : slots.saved) {
    SavedTensors tensors(slots.forward_rows, memory, ctx.kernels.dtype);
    saved_.push_back({tensors.take("input"), tensors.take("norm.mean"), tensors.take("norm.rstd"),
                      tensors.take("norm.output"), tensors.take("lse")});
    tensors.check_all_taken();
  }
  for (const View& memory : slots.gradient) {
    SavedTensors tensors(slots.gradient_rows, memory, ctx.kernels.dtype);
    gradients_.push_back(tensors.take("norm.gradient"));
    tensors.check_all_taken();
  }
}

void HeadBlock::want_logits(Context& ctx, const Microbatch& microbatch, const Saved& saved) {
  const LogitsTag wanted{microbatch.serial, LogitsTag::State::kLogits};
  if (ctx.workspace.tag == wanted) return;
  linear_.forward(ctx, enter_tensor_region(saved.normed), ctx.workspace.logits);
  ctx.workspace.tag = wanted;
}

void HeadBlock::want_gradient(Context& ctx, const Microbatch& microbatch, const Saved& saved) {
  const LogitsTag wanted{microbatch.serial, LogitsTag::State::kGradient};
  if (ctx.workspace.tag == wanted) return;
  want_logits(ctx, microbatch, saved);
  ctx.kernels.cross_entropy_backward(ctx.stream, ctx.workspace.logits, first_id_, ctx.model.vocab, saved.lse,
                                     microbatch.targets, microbatch.loss_scale);
  ctx.workspace.tag = wanted;
}

void HeadBlock::forward(Context& ctx, const Microbatch& microbatch, const View& x, const View&, const Slot& slot) {
  const Saved& saved = saved_[static_cast<std::size_t>(slot.saved)];
  Workspace& work = ctx.workspace;
  if (x.data != saved.input.data) ctx.kernels.copy(ctx.stream, x, saved.input);
  norm_.forward(ctx, saved.input, saved.normed, saved.mean, saved.rstd);
  ctx.look("head", "norm.output", saved.normed);
  want_logits(ctx, microbatch, saved);
  ctx.look("head", "logits", work.logits);
  ctx.kernels.cross_entropy_max(ctx.stream, work.logits, first_id_, ctx.model.vocab, work.maximum);
  if (ctx.tensor != nullptr) ctx.tensor->all_reduce_max(ctx.stream, work.maximum);
  ctx.kernels.cross_entropy_sums(ctx.stream, work.logits, first_id_, ctx.model.vocab, work.maximum, microbatch.targets,
                                 work.sums);
  const View sums = leave_tensor_region(ctx, work.sums);
  ctx.kernels.cross_entropy_loss(ctx.stream, sums, work.maximum, saved.lse, microbatch.losses);
  ctx.look("head", "log-sum-exp", saved.lse);
}

void HeadBlock::backward_input(Context& ctx, const Microbatch& microbatch, const View&, const View& dx,
                               const Slot& slot) {
  const Saved& saved = saved_[static_cast<std::size_t>(slot.saved)];
  const View& gradient = gradients_[static_cast<std::size_t>(slot.gradient)];
  want_gradient(ctx, microbatch, saved);
  ctx.look("head", "logits.gradient", ctx.workspace.logits);
  linear_.backward_input(ctx, ctx.workspace.logits, ctx.workspace.partial);
  ctx.kernels.copy(ctx.stream, enter_tensor_region_backward(ctx, ctx.workspace.partial), gradient);
  norm_.backward_input(ctx, gradient, saved.input, saved.mean, saved.rstd, {}, dx);
  ctx.look("head", "input.gradient", dx);
}

void HeadBlock::backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot) {
  const Saved& saved = saved_[static_cast<std::size_t>(slot.saved)];
  const View& gradient = gradients_[static_cast<std::size_t>(slot.gradient)];
  want_gradient(ctx, microbatch, saved);
  linear_.backward_weight(ctx, microbatch, saved.normed, ctx.workspace.logits);
  norm_.backward_weight(ctx, microbatch, gradient, saved.input, saved.mean, saved.rstd);
}

}  // namespace triaxis
