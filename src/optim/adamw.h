// One AdamW step (Loshchilov & Hutter 2019) as the kernel takes it.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "spec/parameter.h"
#include "tensor/kernels.h"

namespace triaxis {

/// What a step shares among all parameters.
struct UpdateStep {
  std::int64_t step = 1;      ///< counted from 1
  double lr = 0;              ///< learning_rate() of it
  double gradient_scale = 1;  ///< clip_scale() of its norm
};

/// The step of one parameter: weight decay only where its row says so.
AdamStep adam_step(const OptimizerConfig& config, const UpdateStep& update, const ParameterSpec& parameter);

}  // namespace triaxis
