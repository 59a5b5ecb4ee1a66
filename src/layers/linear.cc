#include "layers/linear.h"

#include "base/error.h"

namespace triaxis {
namespace {

struct Widths {
  std::int64_t shards, out, in;
};

Widths widths(const Context& ctx, std::string_view weight) {
  const View& view = ctx.unit(ctx.parameters.unit(weight)).weight;
  check(view.rank == 3, "a linear layer's weight is [shards, out, in]");
  return {view.dim(0), view.dim(1), view.dim(2)};
}

GemmPlan forward_plan(Context& ctx, Linear::Kind kind, std::string_view weight, bool bias, std::int64_t tokens) {
  const Widths w = widths(ctx, weight);
  GemmShape shape{.batch = w.shards, .m = tokens, .n = w.out, .k = w.in};
  shape.transpose_b = true;
  shape.share_a = kind == Linear::Kind::kColumn;
  shape.bias = bias;
  shape.pack_b = true;
  shape.dtype = ctx.kernels.dtype;
  return {ctx.kernels.gemm, ctx.stream, shape};
}

GemmPlan input_plan(Context& ctx, Linear::Kind kind, std::string_view weight, std::int64_t tokens) {
  const Widths w = widths(ctx, weight);
  GemmShape shape{.batch = w.shards, .m = tokens, .n = w.in, .k = w.out};
  shape.share_a = kind == Linear::Kind::kRow;
  shape.pack_b = true;
  shape.dtype = ctx.kernels.dtype;
  return {ctx.kernels.gemm, ctx.stream, shape};
}

GemmPlan weight_plan(Context& ctx, Linear::Kind kind, std::string_view weight, std::int64_t tokens) {
  const Widths w = widths(ctx, weight);
  GemmShape shape{.batch = w.shards, .m = w.out, .n = w.in, .k = tokens};
  shape.transpose_a = true;
  shape.share_a = kind == Linear::Kind::kRow;
  shape.share_b = kind == Linear::Kind::kColumn;
  shape.accumulate = true;
  shape.dtype = ctx.kernels.dtype;
  return {ctx.kernels.gemm, ctx.stream, shape};
}

}  // namespace

Linear::Linear(Context& ctx, MemoryLedger& ledger, Kind kind, std::string_view weight, std::string_view bias,
               std::int64_t tokens)
    : kind_(kind),
      name_(weight),
      weight_(ctx.parameters.unit(weight)),
      bias_(bias.empty() ? -1 : ctx.parameters.unit(bias)),
      forward_(forward_plan(ctx, kind, weight, !bias.empty(), tokens)),
      input_(input_plan(ctx, kind, weight, tokens)),
      weight_plan_(weight_plan(ctx, kind, weight, tokens)) {
  check(kind == Kind::kColumn || bias.empty(), "a row-parallel bias is added after the sum, not here");
  const auto element = static_cast<std::int64_t>(size_of(ctx.kernels.dtype));
  const auto elements = [&](const GemmPlan& plan) {
    return (static_cast<std::int64_t>(plan.packed_bytes()) + element - 1) / element;
  };
  packed_.emplace(
      ledger, Category::kParameters,
      Arena::footprint(ctx.kernels.dtype, elements(forward_)) + Arena::footprint(ctx.kernels.dtype, elements(input_)));
  packed_forward_ = packed_->allocate(ctx.kernels.dtype, {elements(forward_)});
  packed_input_ = packed_->allocate(ctx.kernels.dtype, {elements(input_)});
}

void Linear::refresh(Context& ctx) {
  const View& weight = ctx.unit(weight_).weight;
  forward_.pack(ctx.stream, weight, packed_forward_);
  input_.pack(ctx.stream, weight, packed_input_);
}

void Linear::forward(Context& ctx, const View& x, const View& y) const {
  forward_.run(ctx.stream, x, packed_forward_, bias_ < 0 ? View{} : ctx.unit(bias_).weight, y);
}

void Linear::backward_input(Context& ctx, const View& dy, const View& dx) const {
  input_.run(ctx.stream, dy, packed_input_, {}, dx);
}

void Linear::backward_weight(Context& ctx, const Microbatch& microbatch, const View& x, const View& dy) const {
  weight_plan_.run(ctx.stream, dy, x, {}, ctx.gradient(weight_, microbatch));
  ctx.look(name_, "gradient", ctx.gradient(weight_, microbatch));
  ctx.sink.done(weight_);
  if (bias_ < 0) return;
  ctx.kernels.bias_backward(ctx.stream, dy, ctx.gradient(bias_, microbatch));
  ctx.sink.done(bias_);
}

Operator Linear::as_operator() const { return kind_ == Kind::kColumn ? column_parallel(name_) : row_parallel(name_); }

}  // namespace triaxis
