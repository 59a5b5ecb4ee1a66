// The lines of metrics.jsonl and the progress line on the terminal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "config/config.h"
#include "cost/memory.h"
#include "tensor/arena.h"
#include "train/trainer.h"

namespace triaxis {

struct StepMetrics {
  std::int64_t step = 0;
  StepResult result;
  double seconds = 0;
  std::array<std::int64_t, kCategories> memory{};  ///< high-water bytes, the largest over ranks
  std::optional<double> validation_loss;
  std::optional<double> checkpoint_seconds;  ///< that the next step waits for a checkpoint of this one
};

/// One JSON object, as cli.md lists it. `predicted` is the cost model's memory.
std::string metrics_line(const Config& config, const StepMetrics& metrics, const MemoryBytes& predicted);

/// "step 12/200 [####----] loss 2.31  14.2k tokens/s  ETA 1m05s", cut to `columns`; without a bar where `columns` is 0.
std::string progress_line(const Config& config, const StepMetrics& metrics, double remaining_seconds, int columns);

}  // namespace triaxis
