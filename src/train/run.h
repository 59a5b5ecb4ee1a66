// The training loop of one rank: steps, metrics, validation, the ending.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "config/config.h"
#include "data/corpus.h"
#include "train/plan.h"

namespace triaxis {

struct RunOptions {
  std::string digest;                ///< a file, or empty
  int columns = 0;                   ///< of the terminal that progress is drawn on; 0: no terminal
  std::int64_t sample_bytes = 0;     ///< text to generate at the end
  std::filesystem::path checkpoint;  ///< that the run goes on from; empty: it starts anew
};

/// What a run gives. Complete at rank 0.
struct RunResult {
  std::string last_line;                  ///< of metrics.jsonl
  std::vector<double> losses;             ///< of every step of the run, also those before this start
  std::optional<double> validation_loss;  ///< the last one; none where nothing is validated on
  double tokens_per_second = 0;
  std::string sample;
  std::int64_t steps = 0;          ///< of this start
  std::int64_t stopped_after = 0;  ///< the step in which a signal ended the run; 0: it ran to its end
};

/// Trains, and saves as checkpoint.* says. Ends after the step in which any rank was told to stop; that step and the
/// last one are always saved. COLLECTIVE OVER: the world.
RunResult run_training(World& world, const Config& config, const RunPlan& plan, const Corpus& corpus,
                       const RunOptions& options);

/// The loss as hexadecimal float32.
std::string loss_bits(double loss);

}  // namespace triaxis
