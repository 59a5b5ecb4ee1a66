#include "layers/norm.h"

namespace triaxis {

LayerNorm::LayerNorm(const Context& ctx, const std::string& name)
    : weight_(ctx.parameters.unit(name + ".weight")), bias_(ctx.parameters.unit(name + ".bias")) {}

void LayerNorm::forward(Context& ctx, const View& x, const View& y, const View& mean, const View& rstd) const {
  ctx.kernels.layernorm_forward(ctx.stream, x, ctx.unit(weight_).weight, ctx.unit(bias_).weight, ctx.model.norm_eps, y,
                                mean, rstd);
}

void LayerNorm::backward_input(Context& ctx, const View& dy, const View& x, const View& mean, const View& rstd,
                               const View& residual, const View& dx) const {
  ctx.kernels.layernorm_backward_input(ctx.stream, dy, x, ctx.unit(weight_).weight, mean, rstd, residual, dx);
}

void LayerNorm::backward_weight(Context& ctx, const Microbatch& microbatch, const View& dy, const View& x,
                                const View& mean, const View& rstd) const {
  ctx.kernels.layernorm_backward_weight(ctx.stream, dy, x, mean, rstd, ctx.gradient(weight_, microbatch),
                                        ctx.gradient(bias_, microbatch));
  ctx.sink.done(weight_);
  ctx.sink.done(bias_);
}

}  // namespace triaxis
