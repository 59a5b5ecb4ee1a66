// LayerNorm with its two parameters.
#pragma once

#include <string>

#include "layers/context.h"

namespace triaxis {

class LayerNorm {
 public:
  /// `name` starts the names of its weight and bias: "layers.3.mlp_norm".
  LayerNorm(const Context& ctx, const std::string& name);

  /// x, y [tokens, hidden]; mean, rstd [tokens].
  void forward(Context& ctx, const View& x, const View& y, const View& mean, const View& rstd) const;
  /// dx = residual + gradient; residual may be empty.
  void backward_input(Context& ctx, const View& dy, const View& x, const View& mean, const View& rstd,
                      const View& residual, const View& dx) const;
  void backward_weight(Context& ctx, const Microbatch& microbatch, const View& dy, const View& x, const View& mean,
                       const View& rstd) const;

 private:
  int weight_;
  int bias_;
};

}  // namespace triaxis
