#include "schedule/peaks.h"

#include <algorithm>

namespace triaxis {
namespace {

using enum ActionKind;

/// Counts one row, cell by cell: what a cell takes, it takes at its start; what it frees, it frees at its end.
class RowCounter {
 public:
  RowCounter(const Table& table, int rank) : forward_only_(table.kind == TableKind::kForward) {
    live_.resize(static_cast<std::size_t>(table.stages));
    stage_peaks_.resize(static_cast<std::size_t>(table.stages));
    for (const int stage : stages_of_rank(table, rank)) stage_peaks_[static_cast<std::size_t>(stage)].stage = stage;
  }

  void take(Action action, int position) {
    Live& live = live_[action.stage];
    StagePeak& peak = stage_peaks_[action.stage];
    if (action.kind == kForward) {
      peak.activations = std::max(peak.activations, ++live.activations);
      if (++activations_ > peak_) {
        peak_ = activations_;
        position_ = position;
      }
    }
    if (action.kind == kBackwardInput) peak.gradients = std::max(peak.gradients, ++live.gradients);
  }

  void release(Action action) {
    Live& live = live_[action.stage];
    if (is_weight(action.kind) || (forward_only_ && action.kind == kForward)) {
      --live.activations;
      --activations_;
    }
    if (action.kind == kBackwardWeight) --live.gradients;
  }

  RankPeak peak(const std::vector<int>& stages) const {
    RankPeak result{peak_, position_, {}};
    for (const int stage : stages) result.stages.push_back(stage_peaks_[static_cast<std::size_t>(stage)]);
    return result;
  }

 private:
  struct Live {
    int activations = 0;
    int gradients = 0;
  };
  bool forward_only_;
  int activations_ = 0;
  int peak_ = 0;
  int position_ = 0;
  std::vector<Live> live_;              // [stage]
  std::vector<StagePeak> stage_peaks_;  // [stage]
};

}  // namespace

RankPeak peak_of_rank(const Table& table, int rank) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  RowCounter counter(table, rank);
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    for (int i = begin; i < end; ++i) counter.take(row[static_cast<std::size_t>(i)], i);
    for (int i = begin; i < end; ++i) counter.release(row[static_cast<std::size_t>(i)]);
  }
  return counter.peak(stages_of_rank(table, rank));
}

std::vector<ChannelUse> channel_uses(const Table& table, const Channels& channels) {
  std::vector<ChannelUse> uses;
  for (const auto& channel : channels.channels)
    uses.push_back({channel.source, channel.destination, static_cast<int>(channel.messages.size()), true, 0});
  std::vector<int> posted(uses.size());
  std::vector<int> used(uses.size());
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    for (std::size_t position = 0; position < table.rows[rank].size(); ++position) {
      const int number = channels.message_of[rank][position];
      const ActionKind kind = table.rows[rank][position].kind;
      if (number < 0 || is_send(kind)) continue;
      const Message& message = channels.messages[static_cast<std::size_t>(number)];
      const auto channel = static_cast<std::size_t>(message.channel);
      ChannelUse& use = uses[channel];
      if (is_receive(kind)) {
        use.posted_receives = std::max(use.posted_receives, ++posted[channel] - used[channel]);
      } else {
        use.in_order = use.in_order && message.ordinal == used[channel];
        ++used[channel];
      }
    }
  }
  return uses;
}

}  // namespace triaxis
