#include "schedule/deadlock.h"

#include <fmt/format.h>

#include <algorithm>

namespace triaxis {
namespace {

/// The messages' ends: number 2m is the send of message m, 2m + 1 its receive.
constexpr int other_end(int end) { return end ^ 1; }

/// Which queue each end enters.
std::vector<int> queues_of_ends(const Channels& channels, ChannelModel model, int ranks) {
  // A rank's peers, numbered through all ranks.
  std::vector<std::pair<int, int>> pairs;
  for (const auto& channel : channels.channels) {
    pairs.emplace_back(channel.source, channel.destination);
    pairs.emplace_back(channel.destination, channel.source);
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  const auto queue = [&](int rank, int peer, int direction) {
    if (model == ChannelModel::kPerRank) return rank;
    const auto pair = std::lower_bound(pairs.begin(), pairs.end(), std::pair(rank, peer)) - pairs.begin();
    return ranks + static_cast<int>(model == ChannelModel::kPerPair ? pair : 2 * pair + direction);
  };
  std::vector<int> queues;
  for (const Message& message : channels.messages) {
    const auto& channel = channels.channels[static_cast<std::size_t>(message.channel)];
    queues.push_back(queue(channel.source, channel.destination, 0));
    queues.push_back(queue(channel.destination, channel.source, 1));
  }
  return queues;
}

/// Sends and receives that entered a queue together.
struct Group {
  int queue = 0;
  int unmoved = 0;
  std::vector<int> ends;
};

class Medium {
 public:
  Medium(const Channels& channels, ChannelModel model, int ranks)
      : queue_of_(queues_of_ends(channels, model, ranks)),
        group_of_(queue_of_.size(), -1),
        moved_(queue_of_.size() / 2) {
    const auto last = std::max_element(queue_of_.begin(), queue_of_.end());
    queues_.resize(last == queue_of_.end() ? 0 : static_cast<std::size_t>(*last) + 1);
  }

  bool moved(int message) const { return moved_[static_cast<std::size_t>(message)]; }

  /// Neighbours of one row enter their queues. Calls on_move(message) for each message that moves as a consequence.
  template <typename OnMove>
  void enter(const std::vector<int>& ends, OnMove on_move) {
    const int first_new = static_cast<int>(groups_.size());
    for (const int end : ends) {
      Queue& queue = queues_[static_cast<std::size_t>(queue_of_[static_cast<std::size_t>(end)])];
      if (queue.groups.empty() || queue.groups.back() < first_new) {
        queue.groups.push_back(static_cast<int>(groups_.size()));
        groups_.push_back({queue_of_[static_cast<std::size_t>(end)], 0, {}});
      }
      Group& group = groups_[static_cast<std::size_t>(queue.groups.back())];
      group.ends.push_back(end);
      ++group.unmoved;
      group_of_[static_cast<std::size_t>(end)] = queue.groups.back();
    }
    for (int group = first_new; group < static_cast<int>(groups_.size()); ++group)
      if (is_head(group)) heads_.push_back(group);
    move_heads(on_move);
  }

  /// An unmoved message that the end's queue is held up by; -1 if the end has not entered or stands in the head group.
  int held_up_by(int end) const {
    const int group = group_of_[static_cast<std::size_t>(end)];
    if (group < 0 || is_head(group)) return -1;
    const Queue& queue = queues_[static_cast<std::size_t>(groups_[static_cast<std::size_t>(group)].queue)];
    for (const int ahead : groups_[static_cast<std::size_t>(queue.groups[queue.head])].ends)
      if (!moved(ahead / 2)) return ahead;
    return -1;
  }

 private:
  struct Queue {
    std::vector<int> groups;
    std::size_t head = 0;
  };

  bool is_head(int group) const {
    const Queue& queue = queues_[static_cast<std::size_t>(groups_[static_cast<std::size_t>(group)].queue)];
    return queue.head < queue.groups.size() && queue.groups[queue.head] == group;
  }

  template <typename OnMove>
  void move_heads(OnMove on_move) {
    while (!heads_.empty()) {
      const int head = heads_.back();
      heads_.pop_back();
      // Moving may end this group and others, so the members are gone through by number.
      for (std::size_t i = 0; i < groups_[static_cast<std::size_t>(head)].ends.size(); ++i) {
        const int end = groups_[static_cast<std::size_t>(head)].ends[i];
        const int counterpart = group_of_[static_cast<std::size_t>(other_end(end))];
        if (moved(end / 2) || counterpart < 0 || !is_head(counterpart)) continue;
        moved_[static_cast<std::size_t>(end / 2)] = true;
        on_move(end / 2);
        member_moved(head);
        member_moved(counterpart);
      }
    }
  }

  void member_moved(int group) {
    if (--groups_[static_cast<std::size_t>(group)].unmoved > 0) return;
    Queue& queue = queues_[static_cast<std::size_t>(groups_[static_cast<std::size_t>(group)].queue)];
    ++queue.head;
    if (queue.head < queue.groups.size()) heads_.push_back(queue.groups[queue.head]);
  }

  std::vector<int> queue_of_;  // [end]
  std::vector<int> group_of_;  // [end], -1: not entered
  std::vector<bool> moved_;    // [message]
  std::vector<Group> groups_;
  std::vector<Queue> queues_;
  std::vector<int> heads_;  // groups whose members may move
};

class Execution {
 public:
  Execution(const Table& table, const Channels& channels, ChannelModel model)
      : table_(table), channels_(channels), model_(model), medium_(channels, model, table.ranks) {
    positions_.resize(table.rows.size());
    waiting_for_.assign(table.rows.size(), kNothing);
    for (int rank = 0; rank < table.ranks; ++rank) runnable_.push_back(table.ranks - 1 - rank);
  }

  void run() {
    while (!runnable_.empty()) {
      const int rank = runnable_.back();
      runnable_.pop_back();
      advance(rank);
    }
    for (int rank = 0; rank < table_.ranks; ++rank)
      if (waiting_for_[static_cast<std::size_t>(rank)] != kNothing) throw deadlock(rank);
    for (std::size_t m = 0; m < channels_.messages.size(); ++m)
      check(medium_.moved(static_cast<int>(m)), "all rows ended, yet a message has not moved");
  }

 private:
  static constexpr int kNothing = -1;

  int message_at(int rank, int position) const {
    return channels_.message_of[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)];
  }

  /// The message that frees the buffer of this send; kNothing if a buffer is free from the start.
  int buffer_holder(int message) const {
    const Message& own = channels_.messages[static_cast<std::size_t>(message)];
    if (own.ordinal < kSendBuffers) return kNothing;
    const auto& channel = channels_.channels[static_cast<std::size_t>(own.channel)];
    return channel.messages[static_cast<std::size_t>(own.ordinal - kSendBuffers)];
  }

  /// The end of the group that starts at `begin`: the next compute, or the send whose buffer a send of the group holds.
  int group_end(int rank, int begin) const {
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    int end = begin;
    for (; end < static_cast<int>(row.size()) && is_message(row[static_cast<std::size_t>(end)].kind); ++end) {
      const int holder = holder_at(rank, end);
      if (holder != kNothing && channels_.messages[static_cast<std::size_t>(holder)].send.position >= begin) break;
    }
    return end;
  }

  /// The message whose buffer the action at the place sends from; kNothing if it is no send or a buffer is free.
  int holder_at(int rank, int position) const {
    const ActionKind kind = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)].kind;
    return is_send(kind) ? buffer_holder(message_at(rank, position)) : kNothing;
  }

  /// The first of what the actions [begin, end) wait for, a message that has not moved, or kNothing.
  int blocking_message(int rank, int begin, int end) const {
    for (int position = begin; position < end; ++position) {
      const ActionKind kind = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)].kind;
      const int needed = is_message(kind) ? holder_at(rank, position) : message_at(rank, position);
      if (needed != kNothing && !medium_.moved(needed)) return needed;
    }
    return kNothing;
  }

  void advance(int rank) {
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    int& position = positions_[static_cast<std::size_t>(rank)];
    int& waiting = waiting_for_[static_cast<std::size_t>(rank)];
    while (position < static_cast<int>(row.size())) {
      const bool communicates = is_message(row[static_cast<std::size_t>(position)].kind);
      const int end = communicates ? group_end(rank, position) : position + 1;
      waiting = blocking_message(rank, position, end);
      if (waiting != kNothing) return;
      if (communicates) enter(rank, position, end);
      position = end;
    }
  }

  void enter(int rank, int begin, int end) {
    std::vector<int> ends;
    for (int position = begin; position < end; ++position) {
      const ActionKind kind = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)].kind;
      ends.push_back(2 * message_at(rank, position) + (is_receive(kind) ? 1 : 0));
    }
    medium_.enter(ends, [this](int message) { wake(message); });
  }

  void wake(int message) {
    const Message& moved = channels_.messages[static_cast<std::size_t>(message)];
    for (const int rank : {moved.send.rank, moved.receive.rank})
      if (waiting_for_[static_cast<std::size_t>(rank)] == message) runnable_.push_back(rank);
  }

  std::string end_text(int end) const {
    const Message& message = channels_.messages[static_cast<std::size_t>(end / 2)];
    const Place place = end % 2 == 0 ? message.send : message.receive;
    return action_text(table_.rows[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)]);
  }

  /// "waits for 1RECV_F3, behind 1SEND_B0".
  std::string wait_text(int rank) const {
    const int message = waiting_for_[static_cast<std::size_t>(rank)];
    const bool sender = channels_.messages[static_cast<std::size_t>(message)].send.rank == rank;
    const int end = 2 * message + (sender ? 0 : 1);
    const int ahead = medium_.held_up_by(end);
    return fmt::format("waits for {}{}", end_text(end), ahead < 0 ? "" : ", held up by " + end_text(ahead));
  }

  UserError deadlock(int first) const {
    constexpr int kShown = 4;
    std::string others;
    int shown = 1;
    for (int rank = first + 1; rank < table_.ranks && shown < kShown; ++rank) {
      if (waiting_for_[static_cast<std::size_t>(rank)] == kNothing) continue;
      const int position = positions_[static_cast<std::size_t>(rank)];
      const Action action = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)];
      others += fmt::format("; rank {}, action {} ({}) {}", rank, position, action_text(action), wait_text(rank));
      ++shown;
    }
    return table_error(table_, {first, positions_[static_cast<std::size_t>(first)]},
                       fmt::format("deadlock under {}: {}{}", channel_model_text(model_), wait_text(first), others));
  }

  const Table& table_;
  const Channels& channels_;
  const ChannelModel model_;
  Medium medium_;
  std::vector<int> positions_;    // [rank]
  std::vector<int> waiting_for_;  // [rank], a message
  std::vector<int> runnable_;
};

}  // namespace

void check_deadlock(const Table& table, const Channels& channels, ChannelModel model) {
  Execution(table, channels, model).run();
}

}  // namespace triaxis
