#include "optim/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace triaxis {

double learning_rate(const OptimizerConfig& config, std::int64_t decay_steps, std::int64_t step) {
  check(step >= 1, "steps are counted from 1");
  if (step <= config.warmup) return config.lr * static_cast<double>(step) / static_cast<double>(config.warmup);
  if (config.schedule == "constant") return config.lr;
  if (step >= decay_steps) return config.min_lr;

  const bool wsd = config.schedule == "wsd";
  const std::int64_t start = wsd ? std::max(config.warmup, decay_steps - decay_steps / 5) : config.warmup;
  if (step <= start) return config.lr;
  const double progress = static_cast<double>(step - start) / static_cast<double>(decay_steps - start);
  const double range = config.lr - config.min_lr;
  if (config.schedule == "cosine") {
    return config.min_lr + range * (1 + std::cos(std::numbers::pi * progress)) / 2;
  }
  check(wsd || config.schedule == "linear", "no learning-rate schedule " + config.schedule);
  return config.lr - range * progress;
}

}  // namespace triaxis
