#include "train/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cost/flops.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

double tokens_of(const Config& config) {
  return static_cast<double>(config.batch.global) * static_cast<double>(config.model.seq_len);
}

Json memory_json(const std::array<std::int64_t, kCategories>& memory) {
  Json json;
  for (std::size_t c = 0; c < memory.size(); ++c) json[std::string(name_of(static_cast<Category>(c)))] = memory[c];
  return json;
}

}  // namespace

std::string metrics_line(const Config& config, const StepMetrics& metrics, const MemoryBytes& predicted) {
  const double tokens = tokens_of(config);
  Json json;
  json["step"] = metrics.step;
  json["loss"] = metrics.result.loss;
  json["grad_norm"] = metrics.result.gradient_norm;
  json["lr"] = metrics.result.lr;
  json["seconds"] = metrics.seconds;
  json["tokens_per_second"] = tokens / metrics.seconds;
  json["model_flops_per_second"] = tokens * model_flops_per_token(config.model) / metrics.seconds;
  json["mfu"] = nullptr;           // until this machine is calibrated
  json["bubble_ratio"] = nullptr;  // until the virtual clock exists
  json["memory"] = memory_json(metrics.memory);
  json["memory_predicted"] = memory_json({predicted.parameters, predicted.gradients, predicted.optimizer,
                                          predicted.activations, predicted.communication, predicted.workspace});
  if (metrics.validation_loss) json["validation_loss"] = *metrics.validation_loss;
  if (metrics.checkpoint_seconds) json["checkpoint_seconds"] = *metrics.checkpoint_seconds;
  return json.dump();
}

std::string progress_line(const Config& config, const StepMetrics& metrics, double remaining_seconds, int columns) {
  std::string text = fmt::format("step {}/{}", metrics.step, config.train.steps);
  if (columns > 0) {
    constexpr std::int64_t kBar = 24;
    const std::int64_t full = metrics.step * kBar / config.train.steps;
    text += fmt::format(" [{:#>{}}{:->{}}]", "", full, "", kBar - full);
  }
  text +=
      fmt::format("  loss {:.4f}  {} tokens/s", metrics.result.loss, format_count(tokens_of(config) / metrics.seconds));
  if (metrics.validation_loss) text += fmt::format("  validation {:.4f}", *metrics.validation_loss);
  text += fmt::format("  ETA {}", format_seconds(remaining_seconds));
  if (columns > 0) text.resize(std::min(text.size(), static_cast<std::size_t>(columns) - 1));
  return text;
}

}  // namespace triaxis
