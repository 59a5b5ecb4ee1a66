// When a run saves, what its checkpoints say, and how long a step was held up by them.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/saver.h"
#include "data/corpus.h"
#include "train/trainer.h"

namespace triaxis {

/// A checkpoint that has become complete.
struct SaveNotice {
  std::int64_t step = 0;
  std::uint64_t bytes = 0;      ///< of all files
  double held_up_seconds = 0;   ///< that training stood still for it
  double complete_seconds = 0;  ///< from its start until it was seen to be on the disk
};

class RunCheckpoints {
 public:
  /// `on_complete` is called at rank 0 once a checkpoint is complete. All that is referred to outlives this object.
  RunCheckpoints(const Config& config, const RunPlan& plan, const Corpus& corpus, Trainer& trainer, int rank,
                 std::function<void(const SaveNotice&)> on_complete);

  /// What this rank says after a step.
  SaveReport report() { return saver_.report(); }
  /// Takes what all ranks have said.
  void take(std::span<const SaveReport> reports);

  /// Copies the state after `step` and starts to write it, after waiting for the checkpoint before. RETURNS: the
  /// seconds that this took. COLLECTIVE OVER: all ranks.
  double start(std::int64_t step, const std::vector<double>& losses);
  /// Waits for what is being written. COLLECTIVE OVER: all ranks.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  void note_if_complete(bool was_pending);

  const Config& config_;
  const Corpus& corpus_;
  Trainer& trainer_;
  Saver saver_;
  bool is_first_;
  std::function<void(const SaveNotice&)> on_complete_;
  Clock::time_point started_;
  SaveNotice notice_;
};

/// "saved step 200: 12.4 MiB on the disk within 1.2s, training held up 12ms".
std::string describe(const SaveNotice& notice);

}  // namespace triaxis
