// The learning rate of each step.
#pragma once

#include <cstdint>

#include "config/config.h"

namespace triaxis {

/// Of step `step`, counted from 1. It rises in equal parts to `lr` at step `warmup`; what comes then is the schedule's,
/// reaching `min_lr` at step `decay_steps` and staying there:
/// - constant: `lr`, for ever;
/// - linear: a straight line from `lr` to `min_lr`;
/// - cosine: half a cosine (Loshchilov & Hutter 2017, without restarts);
/// - wsd: `lr` until the last fifth of `decay_steps`, then a straight line (warmup, stable, decay: Hu et al. 2024; the
///   share is that of Hagele et al. 2024).
/// A warmup beyond `decay_steps` still runs to its end.
double learning_rate(const OptimizerConfig& config, std::int64_t decay_steps, std::int64_t step);

}  // namespace triaxis
