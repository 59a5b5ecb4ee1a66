#include "optim/adamw.h"

namespace triaxis {

AdamStep adam_step(const OptimizerConfig& config, const UpdateStep& update, const ParameterSpec& parameter) {
  AdamStep step;
  step.lr = update.lr;
  step.beta1 = config.beta1;
  step.beta2 = config.beta2;
  step.eps = config.eps;
  step.weight_decay = parameter.decay ? config.weight_decay : 0.0;
  step.step = update.step;
  step.gradient_scale = update.gradient_scale;
  return step;
}

}  // namespace triaxis
