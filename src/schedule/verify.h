// Proves that a table can be executed and says what executing it needs. A table that fails is never executed.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "schedule/table.h"

namespace triaxis {

/// How communication actions wait for each other: which of a rank's sends and receives share a queue. deadlock.h has
/// the rules.
enum class ChannelModel {
  kPerDirection,  // a queue for sends and one for receives, a peer
  kPerPair,       // one queue a peer: one NCCL communicator
  kPerRank,       // one queue: one communication stream
};

inline constexpr ChannelModel kAllChannelModels[] = {ChannelModel::kPerDirection, ChannelModel::kPerPair,
                                                     ChannelModel::kPerRank};

/// Sends that a channel holds before the sender has to wait for the oldest to leave.
inline constexpr int kSendBuffers = 2;

/// "per_direction", "per_pair", "per_rank".
std::string_view channel_model_text(ChannelModel model);

/// What a rank holds at once for one of its stages.
struct StagePeak {
  int stage = 0;
  int activations = 0;  // microbatches between the start of F and the end of W or B: activation slots
  int gradients = 0;    // microbatches between the start of I and the end of W: gradient slots; 0 where only B is used
};

/// What a rank holds at once over its stages.
struct RankPeak {
  int activations = 0;            // in units of one stage's activations of one microbatch
  int position = 0;               // of the action at whose start the peak is first reached
  std::vector<StagePeak> stages;  // ascending, the stages of the rank
};

/// The messages from one rank to another, in the order of the FIFO. Empty in a compute-only table.
struct ChannelUse {
  int source = 0;
  int destination = 0;
  int messages = 0;
  bool in_order = true;     // the receiver uses the messages in the order in which they come
  int posted_receives = 0;  // the most receives posted at once whose message no compute has yet used up
};

struct Verification {
  std::vector<RankPeak> ranks;
  std::vector<int> weight_versions;  // [rank], the most versions of one stage's weights held at once; 1 in a step
  std::vector<int> staleness;        // [rank], the most updates that a gradient's weights are behind; 0 in a step
  std::vector<ChannelUse> channels;  // ascending by source, then destination
  int replicas = 1;                  // the most ranks that one stage is on
  bool lowered = false;              // holds sends and receives
  bool reduces_gradients = false;    // holds a REDUCE_GRAD for every stage of every rank
  /// Each stage has its W or B in ascending order on its one rank: the bits are kept. With copies they are not: each
  /// copy adds up its own microbatches and the copies' sums are added then, another tree of additions.
  bool ordered_weights = false;
};

/// Proves the table complete, in an order that can be executed, with messages that match in FIFO order and, if lowered,
/// free of deadlock under each of `models`. A compute-only table has no messages, so the models do not matter to it.
/// Throws UserError naming rank, position, action and reason.
Verification verify(const Table& table, std::span<const ChannelModel> models = kAllChannelModels);

}  // namespace triaxis
