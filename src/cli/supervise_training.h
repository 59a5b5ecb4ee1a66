// A training job whose ranks are started by this process, and started again from the last checkpoint when one dies.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "cli/supervise.h"
#include "config/config.h"

namespace triaxis {

struct TrainingJob {
  Config config;
  std::vector<std::string> words;  ///< after the name of this program: what the ranks are told
  std::string hosts;               ///< as `--hosts` has them; empty: this machine
  RestartPolicy policy;
  bool elastic = false;  ///< a dead rank's slot is lost, and the largest layout that the others allow goes on
  std::int64_t memory = std::numeric_limits<std::int64_t>::max();  ///< bytes for all ranks of a smaller layout
};

/// RETURNS: the exit code. Throws RunError when no layout can go on.
int supervise_training(const TrainingJob& job, LaunchSignals& signals);

/// RETURNS: the words of a start that goes on from the last checkpoint, in the layout of `config`.
std::vector<std::string> resuming_words(const std::vector<std::string>& words, const ParallelConfig& before,
                                        const ParallelConfig& now);

}  // namespace triaxis
