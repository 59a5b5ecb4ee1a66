#include "schedule/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace triaxis {
namespace {

using enum ActionKind;

Action receive_of(Action send) {
  const bool forward = send.kind == kSendForward;
  return make_action(forward ? kRecvForward : kRecvBackward, send.stage + (forward ? 1 : -1), send.microbatch);
}

Place user_of(const TableIndex& index, Action receive) {
  return receive.kind == kRecvForward ? index.find(kForward, receive.stage, receive.microbatch)
                                      : index.backward(receive.stage, receive.microbatch);
}

class Pairing {
 public:
  Pairing(const Table& table, const TableIndex& index) : table_(table), index_(index) {
    std::size_t sends = 0;
    for (const auto& row : table.rows) {
      result_.message_of.emplace_back(row.size(), -1);
      sends += static_cast<std::size_t>(
          std::count_if(row.begin(), row.end(), [](Action action) { return is_send(action.kind); }));
    }
    result_.messages.reserve(sends);
  }

  Channels run() {
    add_sends();
    add_receives();
    return std::move(result_);
  }

 private:
  int& message_of(Place place) {
    return result_.message_of[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)];
  }

  /// Calls body(Place, peer) for the row's sends or receives.
  template <typename Body>
  void for_each(int rank, bool (*wanted)(ActionKind), Body body) const {
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position) {
      const Action action = row[static_cast<std::size_t>(position)];
      if (wanted(action.kind)) body(Place{rank, position}, index_.peer_of(action));
    }
  }

  void add_sends() {
    std::vector<int> sends_to(table_.rows.size());    // [rank], from the rank at hand
    std::vector<int> channel_to(table_.rows.size());  // [rank]
    for (int rank = 0; rank < table_.ranks; ++rank) {
      std::vector<int> peers;
      for_each(rank, is_send, [&](Place, int peer) {
        if (sends_to[static_cast<std::size_t>(peer)]++ == 0) peers.push_back(peer);
      });
      std::sort(peers.begin(), peers.end());
      for (const int peer : peers) {
        channel_to[static_cast<std::size_t>(peer)] = static_cast<int>(result_.channels.size());
        result_.channels.push_back({rank, peer, {}});
        const int sends = std::exchange(sends_to[static_cast<std::size_t>(peer)], 0);
        result_.channels.back().messages.reserve(static_cast<std::size_t>(sends));
      }
      for_each(rank, is_send,
               [&](Place send, int peer) { add_send(send, channel_to[static_cast<std::size_t>(peer)]); });
    }
  }

  void add_send(Place send, int channel) {
    auto& messages = result_.channels[static_cast<std::size_t>(channel)].messages;
    const int number = static_cast<int>(result_.messages.size());
    result_.messages.push_back({channel, static_cast<int>(messages.size()), send, {}, {}});
    messages.push_back(number);
    message_of(send) = number;
  }

  void add_receives() {
    std::vector<int> received(result_.channels.size());
    for (int rank = 0; rank < table_.ranks; ++rank) {
      for_each(rank, is_receive, [&](Place receive, int peer) {
        const MessageChannel& channel = channel_between(peer, rank);
        int& count = received[static_cast<std::size_t>(&channel - result_.channels.data())];
        add_receive(receive, channel, count++);
      });
    }
  }

  const MessageChannel& channel_between(int source, int destination) const {
    return *std::lower_bound(result_.channels.begin(), result_.channels.end(), std::pair(source, destination),
                             [](const MessageChannel& channel, const std::pair<int, int>& key) {
                               return std::pair(channel.source, channel.destination) < key;
                             });
  }

  void add_receive(Place receive, const MessageChannel& channel, int ordinal) {
    const int number = channel.messages[static_cast<std::size_t>(ordinal)];
    Message& message = result_.messages[static_cast<std::size_t>(number)];
    const Action action = action_at(table_, receive);
    const Action send = action_at(table_, message.send);
    if (receive_of(send) != action) {
      throw table_error(table_, receive,
                        fmt::format("is receive number {} from rank {}, whose send number {} is {}", ordinal + 1,
                                    channel.source, ordinal + 1, action_text(send)));
    }
    message.receive = receive;
    message.used = user_of(index_, action);
    message_of(receive) = message_of(message.used) = number;
  }

  const Table& table_;
  const TableIndex& index_;
  Channels result_;
};

}  // namespace

Channels pair_messages(const Table& table, const TableIndex& index) { return Pairing(table, index).run(); }

}  // namespace triaxis
