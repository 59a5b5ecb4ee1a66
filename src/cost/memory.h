// Bytes that one rank's training step needs, by category, before anything is allocated. The counts come from the rows
// of spec/, so they are what the running half will book, not an approximation of it.
#pragma once

#include <cstdint>
#include <vector>

#include "spec/model.h"
#include "spec/stages.h"

namespace triaxis {

/// The categories under which the running half books its bytes.
struct MemoryBytes {
  std::int64_t parameters = 0;  ///< weights, and each product's weight packed for the forward and the input gradient
  std::int64_t gradients = 0;
  std::int64_t optimizer = 0;
  std::int64_t activations = 0;    ///< saved tensors in their slots
  std::int64_t communication = 0;  ///< message buffers and the scratch of ordered sums
  std::int64_t workspace = 0;      ///< what blocks use and leave, logits foremost

  std::int64_t total() const { return parameters + gradients + optimizer + activations + communication + workspace; }
  bool operator==(const MemoryBytes&) const = default;
};

/// One of a rank's stages, with the microbatches that the schedule makes it hold at once (schedule/verify's peaks).
struct StageLoad {
  StageRange blocks;
  std::int64_t saved_slots = 1;     ///< from F until W
  std::int64_t gradient_slots = 0;  ///< from I until W; 0 where the table has full backwards only
};

/// What a rank holds under a layout and a schedule.
struct RankLoad {
  std::int64_t batch = 1;  ///< sequences of a microbatch
  std::int64_t tensor_shards = 1;
  std::int64_t tensor_ranks = 1;
  std::int64_t data_groups = 1;
  std::int64_t data_ranks = 1;
  std::vector<StageLoad> stages;
  std::int64_t send_channels = 0;    ///< ranks that this one sends boundary tensors to
  std::int64_t receive_buffers = 0;  ///< receives posted at once, over all channels
  std::int64_t local_buffers = 0;    ///< boundary tensors handed over between stages of this rank
  std::int64_t microbatches = 1;     ///< of a step: their token ids are all here
  std::int64_t scratch_bytes = 0;    ///< of all compute threads together
  std::int64_t saved_elements = 0;   ///< parameters that the rank copies for a checkpoint, each with two moments

  std::int64_t local_shards() const { return tensor_shards / tensor_ranks; }
  std::int64_t local_groups() const { return data_groups / data_ranks; }
};

MemoryBytes predict_memory(const Model& model, const RankLoad& load);

}  // namespace triaxis
