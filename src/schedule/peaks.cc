#include "schedule/peaks.h"

#include <algorithm>
#include <utility>

namespace triaxis {
namespace {

using enum ActionKind;

/// Counts row after row, cell by cell: what a cell takes, it takes at its start; what it frees, it frees at its end.
class RowCounter {
 public:
  explicit RowCounter(const Table& table)
      : forward_only_(table.kind == TableKind::kForward), stages_(static_cast<std::size_t>(table.stages)) {}

  RankPeak count(const std::vector<Action>& row, const std::vector<int>& stages) {
    peak_ = {};
    for (const int stage : stages) stages_[static_cast<std::size_t>(stage)] = {};
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      for (int i = begin; i < end; ++i) take(row[static_cast<std::size_t>(i)], i);
      for (int i = begin; i < end; ++i) release(row[static_cast<std::size_t>(i)]);
    }
    for (const int stage : stages) {
      const Stage& counted = stages_[static_cast<std::size_t>(stage)];
      peak_.stages.push_back({stage, counted.most_activations, counted.most_gradients});
    }
    return std::move(peak_);
  }

 private:
  struct Stage {
    int activations = 0;
    int gradients = 0;
    int most_activations = 0;
    int most_gradients = 0;
  };

  void take(Action action, int position) {
    Stage& stage = stages_[action.stage];
    if (action.kind == kForward) {
      stage.most_activations = std::max(stage.most_activations, ++stage.activations);
      if (++activations_ > peak_.activations) {
        peak_.activations = activations_;
        peak_.position = position;
      }
    }
    if (action.kind == kBackwardInput) stage.most_gradients = std::max(stage.most_gradients, ++stage.gradients);
  }

  void release(Action action) {
    Stage& stage = stages_[action.stage];
    if (is_weight(action.kind) || (forward_only_ && action.kind == kForward)) {
      --stage.activations;
      --activations_;
    }
    if (action.kind == kBackwardWeight) --stage.gradients;
  }

  bool forward_only_;
  std::vector<Stage> stages_;  // [stage]
  int activations_ = 0;        // a complete row frees all that it takes
  RankPeak peak_;
};

}  // namespace

std::vector<RankPeak> peaks_of_ranks(const Table& table, const std::vector<std::vector<int>>& stages_of) {
  RowCounter counter(table);
  std::vector<RankPeak> peaks;
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank)
    peaks.push_back(counter.count(table.rows[rank], stages_of[rank]));
  return peaks;
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
