#include "schedule/deadlock.h"

#include <fmt/format.h>

#include <algorithm>

namespace triaxis {
namespace {

constexpr int kNone = -1;

/// The messages' ends: number 2m is the send of message m, 2m + 1 its receive.
constexpr int other_end(int end) { return end ^ 1; }

/// Which queue the sends of each channel enter, and which its receives: [2 * channel + is receive].
std::vector<int> queues_of_channels(const Channels& channels, ChannelModel model, int ranks) {
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
  for (const auto& channel : channels.channels) {
    queues.push_back(queue(channel.source, channel.destination, 0));
    queues.push_back(queue(channel.destination, channel.source, 1));
  }
  return queues;
}

/// Sends and receives that entered a queue together: a list of ends, through Medium's next_end_.
struct Group {
  int queue = 0;
  int entrance = 0;  // the call of Medium::enter
  int unmoved = 0;
  int first = kNone;
  int last = kNone;
  int behind = kNone;  // the next group of its queue
};

/// A list of groups, through Group::behind.
struct Queue {
  int head = kNone;
  int last = kNone;
};

class Medium {
 public:
  Medium(const Channels& channels, ChannelModel model, int ranks)
      : channels_(channels),
        queue_of_channel_(queues_of_channels(channels, model, ranks)),
        group_of_(2 * channels.messages.size(), kNone),
        next_end_(2 * channels.messages.size(), kNone),
        moved_(channels.messages.size()) {
    const auto last = std::max_element(queue_of_channel_.begin(), queue_of_channel_.end());
    queues_.resize(last == queue_of_channel_.end() ? 0 : static_cast<std::size_t>(*last) + 1);
  }

  bool moved(int message) const { return moved_[static_cast<std::size_t>(message)]; }

  /// Neighbours of one row enter their queues. Calls on_move(message) for each message that moves as a consequence.
  template <typename OnMove>
  void enter(const std::vector<int>& ends, OnMove on_move) {
    ++entrance_;
    for (const int end : ends) add(end);
    move_heads(on_move);
  }

  /// An unmoved message that the end's queue is held up by; kNone if the end has not entered or stands in the head
  /// group.
  int held_up_by(int end) const {
    const int number = group_of_[static_cast<std::size_t>(end)];
    if (number == kNone || is_head(number)) return kNone;
    int ahead = group(queue_of_group(number).head).first;
    while (moved(ahead / 2)) ahead = next_end_[static_cast<std::size_t>(ahead)];
    return ahead;
  }

 private:
  Group& group(int number) { return groups_[static_cast<std::size_t>(number)]; }
  const Group& group(int number) const { return groups_[static_cast<std::size_t>(number)]; }
  const Queue& queue_of_group(int number) const { return queues_[static_cast<std::size_t>(group(number).queue)]; }
  bool is_head(int number) const { return queue_of_group(number).head == number; }

  int queue_of(int end) const {
    const Message& message = channels_.messages[static_cast<std::size_t>(end / 2)];
    return queue_of_channel_[static_cast<std::size_t>(2 * message.channel + end % 2)];
  }

  /// The number of a new group at the end of its queue.
  int add_group(int queue_number) {
    int number = static_cast<int>(groups_.size());
    if (left_.empty()) {
      groups_.emplace_back();
    } else {
      number = left_.back();
      left_.pop_back();
    }
    group(number) = {.queue = queue_number, .entrance = entrance_};
    Queue& queue = queues_[static_cast<std::size_t>(queue_number)];
    if (queue.head == kNone) {
      queue.head = number;
      heads_.push_back(number);
    } else {
      group(queue.last).behind = number;
    }
    return queue.last = number;
  }

  /// Puts the end into the group of those of its queue that enter now.
  void add(int end) {
    const int queue_number = queue_of(end);
    const Queue& queue = queues_[static_cast<std::size_t>(queue_number)];
    const bool joins = queue.head != kNone && group(queue.last).entrance == entrance_;
    const int number = joins ? queue.last : add_group(queue_number);
    Group& own = group(number);
    (own.first == kNone ? own.first : next_end_[static_cast<std::size_t>(own.last)]) = end;
    own.last = end;
    ++own.unmoved;
    group_of_[static_cast<std::size_t>(end)] = number;
  }

  template <typename OnMove>
  void move_heads(OnMove on_move) {
    while (!heads_.empty()) {
      const int head = heads_.back();
      heads_.pop_back();
      for (int end = group(head).first; end != kNone; end = next_end_[static_cast<std::size_t>(end)]) {
        const int counterpart = group_of_[static_cast<std::size_t>(other_end(end))];
        if (moved(end / 2) || counterpart == kNone || !is_head(counterpart)) continue;
        moved_[static_cast<std::size_t>(end / 2)] = true;
        on_move(end / 2);
        member_moved(head);
        member_moved(counterpart);
      }
    }
  }

  void member_moved(int number) {
    if (--group(number).unmoved > 0) return;
    int& head = queues_[static_cast<std::size_t>(group(number).queue)].head;
    head = group(number).behind;
    left_.push_back(number);
    if (head != kNone) heads_.push_back(head);
  }

  const Channels& channels_;
  std::vector<int> queue_of_channel_;  // [2 * channel + is receive]
  std::vector<int> group_of_;          // [end], kNone: not entered; means nothing once the end's message has moved
  std::vector<int> next_end_;          // [end], the next in its group
  std::vector<bool> moved_;            // [message]
  std::vector<Queue> queues_;
  std::vector<Group> groups_;
  std::vector<int> left_;   // groups that have left, to be used again
  std::vector<int> heads_;  // groups whose members may move
  int entrance_ = 0;
};

class Execution {
 public:
  Execution(const Table& table, const Channels& channels, ChannelModel model)
      : table_(table), channels_(channels), model_(model), medium_(channels, model, table.ranks) {
    positions_.resize(table.rows.size());
    waiting_for_.assign(table.rows.size(), kNone);
    for (int rank = 0; rank < table.ranks; ++rank) runnable_.push_back(table.ranks - 1 - rank);
  }

  void run() {
    while (!runnable_.empty()) {
      const int rank = runnable_.back();
      runnable_.pop_back();
      advance(rank);
    }
    for (int rank = 0; rank < table_.ranks; ++rank)
      if (waiting_for_[static_cast<std::size_t>(rank)] != kNone) throw deadlock(rank);
    for (std::size_t m = 0; m < channels_.messages.size(); ++m)
      check(medium_.moved(static_cast<int>(m)), "all rows ended, yet a message has not moved");
  }

 private:
  int message_at(int rank, int position) const {
    return channels_.message_of[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)];
  }

  /// The message that frees the buffer of this send; kNone if a buffer is free from the start.
  int buffer_holder(int message) const {
    const Message& own = channels_.messages[static_cast<std::size_t>(message)];
    if (own.ordinal < kSendBuffers) return kNone;
    const auto& channel = channels_.channels[static_cast<std::size_t>(own.channel)];
    return channel.messages[static_cast<std::size_t>(own.ordinal - kSendBuffers)];
  }

  /// The end of the group that starts at `begin`: the next compute, or the send whose buffer a send of the group holds.
  int group_end(int rank, int begin) const {
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    int end = begin;
    for (; end < static_cast<int>(row.size()) && is_message(row[static_cast<std::size_t>(end)].kind); ++end) {
      const int holder = holder_at(rank, end);
      if (holder != kNone && channels_.messages[static_cast<std::size_t>(holder)].send.position >= begin) break;
    }
    return end;
  }

  /// The message whose buffer the action at the place sends from; kNone if it is no send or a buffer is free.
  int holder_at(int rank, int position) const {
    const ActionKind kind = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)].kind;
    return is_send(kind) ? buffer_holder(message_at(rank, position)) : kNone;
  }

  /// The first of what the actions [begin, end) wait for, a message that has not moved, or kNone.
  int blocking_message(int rank, int begin, int end) const {
    for (int position = begin; position < end; ++position) {
      const ActionKind kind = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)].kind;
      const int needed = is_message(kind) ? holder_at(rank, position) : message_at(rank, position);
      if (needed != kNone && !medium_.moved(needed)) return needed;
    }
    return kNone;
  }

  void advance(int rank) {
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    int& position = positions_[static_cast<std::size_t>(rank)];
    int& waiting = waiting_for_[static_cast<std::size_t>(rank)];
    while (position < static_cast<int>(row.size())) {
      const bool communicates = is_message(row[static_cast<std::size_t>(position)].kind);
      const int end = communicates ? group_end(rank, position) : position + 1;
      waiting = blocking_message(rank, position, end);
      if (waiting != kNone) return;
      if (communicates) enter(rank, position, end);
      position = end;
    }
  }

  void enter(int rank, int begin, int end) {
    ends_.clear();
    for (int position = begin; position < end; ++position) {
      const ActionKind kind = table_.rows[static_cast<std::size_t>(rank)][static_cast<std::size_t>(position)].kind;
      ends_.push_back(2 * message_at(rank, position) + (is_receive(kind) ? 1 : 0));
    }
    medium_.enter(ends_, [this](int message) { wake(message); });
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
    return fmt::format("waits for {}{}", end_text(end), ahead == kNone ? "" : ", held up by " + end_text(ahead));
  }

  UserError deadlock(int first) const {
    constexpr int kShown = 4;
    std::string others;
    int shown = 1;
    for (int rank = first + 1; rank < table_.ranks && shown < kShown; ++rank) {
      if (waiting_for_[static_cast<std::size_t>(rank)] == kNone) continue;
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
  std::vector<int> ends_;  // of the neighbours that enter
};

}  // namespace

void check_deadlock(const Table& table, const Channels& channels, ChannelModel model) {
  Execution(table, channels, model).run();
}

}  // namespace triaxis
