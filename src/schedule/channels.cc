#include "schedule/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace triaxis {
namespace {

using enum ActionKind;

Action action_at(const Table& table, Place place) {
  return table.rows[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)];
}

Action receive_of(Action send) {
  const bool forward = send.kind == kSendForward;
  return make_action(forward ? kRecvForward : kRecvBackward, send.stage + (forward ? 1 : -1), send.microbatch);
}

Place user_of(const TableIndex& index, Action receive) {
  return receive.kind == kRecvForward ? index.find(kForward, receive.stage, receive.microbatch)
                                      : index.backward(receive.stage, receive.microbatch);
}

/// The sends or the receives of the table, in row order.
std::vector<Place> places_of(const Table& table, bool (*wanted)(ActionKind)) {
  std::vector<Place> places;
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position)
      if (wanted(row[static_cast<std::size_t>(position)].kind)) places.push_back({rank, position});
  }
  return places;
}

class Pairing {
 public:
  Pairing(const Table& table, const TableIndex& index) : table_(table), index_(index) {
    for (const auto& row : table.rows) result_.message_of.emplace_back(row.size(), -1);
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

  int peer_of(Place place) const { return index_.peer_of(action_at(table_, place)); }

  /// The channel between the two, or the one after it in the order.
  auto lower_bound(int source, int destination) {
    return std::lower_bound(result_.channels.begin(), result_.channels.end(), std::tuple(source, destination),
                            [](const MessageChannel& channel, const std::tuple<int, int>& key) {
                              return std::tuple(channel.source, channel.destination) < key;
                            });
  }

  void add_sends() {
    const auto sends = places_of(table_, is_send);
    std::vector<std::tuple<int, int>> pairs;
    for (const Place send : sends) pairs.emplace_back(send.rank, peer_of(send));
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    for (const auto& [source, destination] : pairs) result_.channels.push_back({source, destination, {}});
    for (const Place send : sends) {
      const auto channel = lower_bound(send.rank, peer_of(send));
      const int number = static_cast<int>(result_.messages.size());
      result_.messages.push_back({static_cast<int>(channel - result_.channels.begin()),
                                  static_cast<int>(channel->messages.size()),
                                  send,
                                  {},
                                  {}});
      channel->messages.push_back(number);
      message_of(send) = number;
    }
  }

  void add_receives() {
    std::vector<std::size_t> received(result_.channels.size());
    for (const Place receive : places_of(table_, is_receive)) {
      const auto channel = lower_bound(peer_of(receive), receive.rank);
      auto& count = received[static_cast<std::size_t>(channel - result_.channels.begin())];
      const int number = channel->messages[count++];
      Message& message = result_.messages[static_cast<std::size_t>(number)];
      const Action action = action_at(table_, receive);
      const Action send = action_at(table_, message.send);
      if (receive_of(send) != action) {
        throw table_error(table_, receive,
                          fmt::format("is receive number {} from rank {}, whose send number {} is {}", count,
                                      channel->source, count, action_text(send)));
      }
      message.receive = receive;
      message.used = user_of(index_, action);
      message_of(receive) = message_of(message.used) = number;
    }
  }

  const Table& table_;
  const TableIndex& index_;
  Channels result_;
};

}  // namespace

Channels pair_messages(const Table& table, const TableIndex& index) { return Pairing(table, index).run(); }

}  // namespace triaxis
