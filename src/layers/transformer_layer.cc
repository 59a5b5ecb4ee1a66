#include "layers/transformer_layer.h"

#include <cmath>

#include "layers/tensor_region.h"

namespace triaxis {
namespace {

/// The first columns of a [shards, tokens, *] workspace as [shards, tokens, columns].
View narrowed(const View& wide, std::int64_t columns) {
  return {wide.data, wide.dtype, {wide.dim(0), wide.dim(1), columns}};
}

/// A tensor without a shard dimension as one shard.
View as_shard(const View& view) {
  return view.rank == 1 ? view.reshape({1, view.dim(0)}) : view.reshape({1, view.dim(0), view.dim(1)});
}

}  // namespace

TransformerLayer::TransformerLayer(Context& ctx, MemoryLedger& ledger, const Block& block, std::int64_t batch,
                                   const BlockSlots& slots)
    : name_(name_of(block)),
      norm1_(ctx, name_ + ".attention_norm"),
      qkv_(ctx, ledger, Linear::Kind::kColumn, name_ + ".attention.qkv.weight", name_ + ".attention.qkv.bias",
           batch * ctx.model.seq_len),
      output_(ctx, ledger, Linear::Kind::kRow, name_ + ".attention.output.weight", "", batch * ctx.model.seq_len),
      output_bias_(ctx.parameters.unit(name_ + ".attention.output.bias")),
      norm2_(ctx, name_ + ".mlp_norm"),
      up_(ctx, ledger, Linear::Kind::kColumn, name_ + ".mlp.up.weight", name_ + ".mlp.up.bias",
          batch * ctx.model.seq_len),
      down_(ctx, ledger, Linear::Kind::kRow, name_ + ".mlp.down.weight", "", batch * ctx.model.seq_len),
      down_bias_(ctx.parameters.unit(name_ + ".mlp.down.bias")),
      attention_site_(site_hash(name_ + ".attention.dropout")),
      output_site_(site_hash(name_ + ".attention.output.dropout")),
      mlp_site_(site_hash(name_ + ".mlp.dropout")) {
  ctx.stream.reserve_scratch(ctx.kernels.attention_scratch(attention_shape(ctx), ctx.model.seq_len));
  for (const View& memory : slots.saved) saved_.push_back(bind_saved({slots.forward_rows, memory, ctx.kernels.dtype}));
  for (const View& memory : slots.gradient)
    gradients_.push_back(bind_gradients({slots.gradient_rows, memory, ctx.kernels.dtype}));
}

TransformerLayer::Saved TransformerLayer::bind_saved(SavedTensors tensors) {
  Saved saved;
  saved.input = tensors.take("input");
  saved.mean1 = tensors.take("attention_norm.mean");
  saved.rstd1 = tensors.take("attention_norm.rstd");
  saved.normed1 = tensors.take("attention_norm.output");
  saved.qkv = tensors.take("attention.qkv");
  saved.lse = tensors.take("attention.lse");
  saved.context = tensors.take("attention.context");
  saved.middle = tensors.take("middle");
  saved.mean2 = tensors.take("mlp_norm.mean");
  saved.rstd2 = tensors.take("mlp_norm.rstd");
  saved.normed2 = tensors.take("mlp_norm.output");
  saved.up = tensors.take("mlp.up");
  saved.activation = tensors.take("mlp.activation");
  tensors.check_all_taken();
  return saved;
}

TransformerLayer::Gradients TransformerLayer::bind_gradients(SavedTensors tensors) {
  Gradients gradients;
  gradients.down = tensors.take("mlp.down.gradient");
  gradients.up = tensors.take("mlp.up.gradient");
  gradients.normed2 = tensors.take("mlp_norm.gradient");
  gradients.output = tensors.take("attention.output.gradient");
  gradients.qkv = tensors.take("attention.qkv.gradient");
  gradients.normed1 = tensors.take("attention_norm.gradient");
  tensors.check_all_taken();
  return gradients;
}

AttentionShape TransformerLayer::attention_shape(const Context& ctx) const {
  const TensorSlice& slice = ctx.parameters.slice();
  const std::int64_t heads = ctx.model.heads / slice.shards;
  return {.shards = slice.local,
          .heads = heads,
          .head_dim = ctx.model.head_dim,
          .first_head = slice.first * heads,
          .scale = 1.0 / std::sqrt(static_cast<double>(ctx.model.head_dim))};
}

Dropout TransformerLayer::dropout(const Context& ctx, const Microbatch& microbatch, std::uint64_t site) const {
  return {ctx.dropout, random_key(ctx.seed, static_cast<std::uint64_t>(microbatch.step), site), &microbatch.tokens};
}

void TransformerLayer::refresh(Context& ctx) {
  for (Linear* linear : {&qkv_, &output_, &up_, &down_}) linear->refresh(ctx);
}

void TransformerLayer::forward(Context& ctx, const Microbatch& microbatch, const View& x, const View& y,
                               const Slot& slot) {
  const Saved& saved = saved_[static_cast<std::size_t>(slot.saved)];
  if (x.data != saved.input.data) ctx.kernels.copy(ctx.stream, x, saved.input);
  attention_forward(ctx, microbatch, saved);
  mlp_forward(ctx, microbatch, saved, y);
}

void TransformerLayer::attention_forward(Context& ctx, const Microbatch& microbatch, const Saved& saved) {
  norm1_.forward(ctx, saved.input, saved.normed1, saved.mean1, saved.rstd1);
  ctx.look(name_, "attention_norm.output", saved.normed1);
  qkv_.forward(ctx, enter_tensor_region(saved.normed1), saved.qkv);
  ctx.look(name_, "attention.qkv", saved.qkv);
  ctx.kernels.attention_forward(ctx.stream, attention_shape(ctx), microbatch.tokens, saved.qkv,
                                dropout(ctx, microbatch, attention_site_), saved.context, saved.lse);
  ctx.look(name_, "attention.context", saved.context);
  output_.forward(ctx, saved.context, ctx.workspace.partial);
  const View sum = leave_tensor_region(ctx, ctx.workspace.partial);
  ctx.look(name_, "attention.output", sum);
  ctx.kernels.residual_forward(ctx.stream, saved.input, sum, ctx.unit(output_bias_).weight,
                               dropout(ctx, microbatch, output_site_), saved.middle);
}

void TransformerLayer::mlp_forward(Context& ctx, const Microbatch& microbatch, const Saved& saved, const View& y) {
  norm2_.forward(ctx, saved.middle, saved.normed2, saved.mean2, saved.rstd2);
  ctx.look(name_, "mlp_norm.output", saved.normed2);
  up_.forward(ctx, enter_tensor_region(saved.normed2), saved.up);
  ctx.look(name_, "mlp.up", saved.up);
  ctx.kernels.gelu_forward(ctx.stream, saved.up, saved.activation);
  ctx.look(name_, "mlp.activation", saved.activation);
  down_.forward(ctx, saved.activation, ctx.workspace.partial);
  const View sum = leave_tensor_region(ctx, ctx.workspace.partial);
  ctx.look(name_, "mlp.down", sum);
  ctx.kernels.residual_forward(ctx.stream, saved.middle, sum, ctx.unit(down_bias_).weight,
                               dropout(ctx, microbatch, mlp_site_), y);
  ctx.look(name_, "output", y);
}

void TransformerLayer::backward_input(Context& ctx, const Microbatch& microbatch, const View& dy, const View& dx,
                                      const Slot& slot) {
  const Saved& saved = saved_[static_cast<std::size_t>(slot.saved)];
  const Gradients& gradients = gradients_[static_cast<std::size_t>(slot.gradient)];
  Workspace& work = ctx.workspace;

  ctx.kernels.dropout_backward(ctx.stream, dy, dropout(ctx, microbatch, mlp_site_), gradients.down);
  const View activation = narrowed(work.wide, saved.activation.dim(2));
  down_.backward_input(ctx, gradients.down, activation);
  ctx.kernels.gelu_backward(ctx.stream, saved.up, activation, gradients.up);
  ctx.look(name_, "mlp.up.gradient", gradients.up);
  up_.backward_input(ctx, gradients.up, work.partial);
  ctx.kernels.copy(ctx.stream, enter_tensor_region_backward(ctx, work.partial), gradients.normed2);
  ctx.look(name_, "mlp_norm.gradient", gradients.normed2);
  norm2_.backward_input(ctx, gradients.normed2, saved.middle, saved.mean2, saved.rstd2, dy, work.middle);
  ctx.look(name_, "middle.gradient", work.middle);

  ctx.kernels.dropout_backward(ctx.stream, work.middle, dropout(ctx, microbatch, output_site_), gradients.output);
  const View context = narrowed(work.wide, saved.context.dim(2));
  output_.backward_input(ctx, gradients.output, context);
  ctx.kernels.attention_backward(ctx.stream, attention_shape(ctx), microbatch.tokens, saved.qkv, saved.context,
                                 saved.lse, context, dropout(ctx, microbatch, attention_site_), gradients.qkv);
  ctx.look(name_, "attention.qkv.gradient", gradients.qkv);
  qkv_.backward_input(ctx, gradients.qkv, work.partial);
  ctx.kernels.copy(ctx.stream, enter_tensor_region_backward(ctx, work.partial), gradients.normed1);
  ctx.look(name_, "attention_norm.gradient", gradients.normed1);
  norm1_.backward_input(ctx, gradients.normed1, saved.input, saved.mean1, saved.rstd1, work.middle, dx);
  ctx.look(name_, "input.gradient", dx);
}

void TransformerLayer::backward_weight(Context& ctx, const Microbatch& microbatch, const Slot& slot) {
  const Saved& saved = saved_[static_cast<std::size_t>(slot.saved)];
  const Gradients& gradients = gradients_[static_cast<std::size_t>(slot.gradient)];
  const auto bias = [&](int unit, const View& dy) {
    ctx.kernels.bias_backward(ctx.stream, as_shard(dy), as_shard(ctx.gradient(unit, microbatch)));
    ctx.sink.done(unit);
  };
  down_.backward_weight(ctx, microbatch, saved.activation, gradients.down);
  bias(down_bias_, gradients.down);
  up_.backward_weight(ctx, microbatch, saved.normed2, gradients.up);
  norm2_.backward_weight(ctx, microbatch, gradients.normed2, saved.middle, saved.mean2, saved.rstd2);
  output_.backward_weight(ctx, microbatch, saved.context, gradients.output);
  bias(output_bias_, gradients.output);
  qkv_.backward_weight(ctx, microbatch, saved.normed1, gradients.qkv);
  norm1_.backward_weight(ctx, microbatch, gradients.normed1, saved.input, saved.mean1, saved.rstd1);
}

std::vector<std::vector<Operator>> TransformerLayer::branches() const {
  return {{pointwise("attention_norm", replicated()), triaxis::enter_tensor_region(), qkv_.as_operator(),
           pointwise("attention", sharded(1)), output_.as_operator(), triaxis::leave_tensor_region(),
           pointwise("attention.residual", replicated())},
          {pointwise("mlp_norm", replicated()), triaxis::enter_tensor_region(), up_.as_operator(),
           pointwise("gelu", sharded(1)), down_.as_operator(), triaxis::leave_tensor_region(),
           pointwise("mlp.residual", replicated())}};
}

}  // namespace triaxis
