// One rank's training: a step, a validation, and what all ranks must agree on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/reader.h"
#include "config/config.h"
#include "optim/norm.h"
#include "runtime/executor.h"
#include "train/batch.h"
#include "train/groups.h"
#include "train/plan.h"

namespace triaxis {

/// What a step gives, the same on every rank.
struct StepResult {
  double loss = 0;           ///< nats a token, the mean over the global batch
  double gradient_norm = 0;  ///< over all parameters, before clipping
  double lr = 0;
};

class Trainer {
 public:
  /// COLLECTIVE OVER: the world. Weights start from the seed.
  Trainer(World& world, const Config& config, const RunPlan& plan);

  /// Goes on from a checkpoint of any layout: weights and moments. Every rank reads its own part.
  void restore(CheckpointReader& reader);

  /// Step number `step`, counted from 1: forward, backward, reduction, clipping, update. A NaN or infinity runs the
  /// step again from the same weights, looking at every tensor, and throws RunError naming step, rank, layer and
  /// tensor. `before_update` (may be empty) is called between reduction and update.
  StepResult step(std::int64_t step, const FillSequence& fill, const std::function<void()>& before_update);
  /// The mean loss in nats a token over windows [0, windows).
  double validate(std::int64_t windows, const FillSequence& fill);
  /// Runs the forward-only table on `tokens` [micro * seq_len], the same on all data ranks. RETURNS: the logits [vocab]
  /// at `position` of the first sequence.
  std::vector<float> logits(std::span<const std::int32_t> tokens, std::int64_t position);

  const Config& config() const { return config_; }
  const RankPlan& mine() const { return mine_; }
  Groups& groups() { return groups_; }
  Executor& executor() { return *executor_; }
  Stream& stream() { return stream_; }
  MemoryLedger& ledger() { return ledger_; }

 private:
  /// One block of gradients on this rank, and where its sum of squares stands in the list.
  struct NormPart {
    std::size_t entry = 0;
    View gradient;
  };

  std::vector<NormPart> norm_parts() const;
  void find_bad_tensor(std::int64_t step);
  void update(std::int64_t step, const StepResult& result);
  void gather_squares();
  std::vector<double> gather_losses();
  double mean_loss(std::int64_t sequences);

  const Config config_;
  const RunPlan& plan_;
  RankPlan mine_;
  int rank_;
  Groups groups_;
  MemoryLedger ledger_;
  Stream stream_;
  const Kernels& kernels_;
  std::unique_ptr<Executor> executor_;
  Batch batch_;
  NormTable norms_;
  std::vector<NormPart> norm_parts_;
  std::vector<double> squares_;
  Arena small_;
  View square_;
};

/// The compute threads of a rank: train.threads, else OMP_NUM_THREADS, else the host's cores over `ranks_here`, at
/// least 1.
int compute_threads(const Config& config, int ranks_here);

}  // namespace triaxis
