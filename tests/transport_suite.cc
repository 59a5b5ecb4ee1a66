#include "transport_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "base/error.h"
#include "comm/channel.h"
#include "comm/collectives.h"
#include "comm/ordered_sum.h"

namespace triaxis {
namespace {

using Bytes = std::vector<std::byte>;

std::vector<int> all_ranks(const World& world) {
  std::vector<int> ranks(static_cast<std::size_t>(world.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

/// Sleeps up to a millisecond, or not at all.
void dawdle(std::mt19937& random) {
  if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
}

/// Message `number` from one rank to another: its length and content say which one it is.
std::size_t message_size(int from, int to, int number) {
  const auto n = static_cast<std::uint32_t>(number * 10007 + from * 101 + to) * 2654435761U >> 8;
  return n % (n % 7 == 0 ? 200000 : 5000);
}

Bytes message(int from, int to, int number) {
  Bytes bytes(message_size(from, to, number));
  auto value = static_cast<std::uint32_t>(number * 31 + from * 7 + to);
  for (std::byte& each : bytes) each = static_cast<std::byte>(value++);
  return bytes;
}

// Several messages of every ordered pair are under way at once, the ranks' own to themselves among them.
void keep_order_under_random_delays(World& world) {
  constexpr int kMessages = 40;
  constexpr int kWindow = 3;
  struct UnderWay {
    Bytes sent;
    Bytes received;
    Ticket send = kNoTicket;
    Ticket receive = kNoTicket;
  };
  const std::unique_ptr<Communicator> group = world.group(all_ranks(world));
  std::mt19937 random(static_cast<unsigned>(world.rank()));
  std::vector<std::array<UnderWay, kWindow>> peers(static_cast<std::size_t>(world.size()));
  for (int number = 0; number < kMessages + kWindow; ++number) {
    for (int i = 0; i < world.size(); ++i) {
      const int peer = (world.rank() + i) % world.size();
      UnderWay& slot = peers[static_cast<std::size_t>(peer)][static_cast<std::size_t>(number % kWindow)];
      dawdle(random);
      if (number >= kWindow) {
        while (random() % 2 == 0 && !group->done(slot.receive)) dawdle(random);
        group->wait(slot.receive);
        group->wait(slot.send);
        check(slot.received == message(peer, world.rank(), number - kWindow), "a message arrived out of order");
      }
      if (number >= kMessages) continue;
      slot.sent = message(world.rank(), peer, number);
      slot.received.resize(message_size(peer, world.rank(), number));
      slot.receive = group->receive(peer, slot.received);
      slot.send = group->send(peer, slot.sent);
    }
  }
}

// The same pair of ranks meets in many groups, and waits in another order than it sends.
void keep_groups_apart(World& world) {
  constexpr int kGroups = 30;
  std::vector<int> ranks = all_ranks(world);
  std::vector<std::unique_ptr<Communicator>> groups;
  std::mt19937 same_everywhere(7);
  for (int i = 0; i < kGroups; ++i) {
    std::shuffle(ranks.begin(), ranks.end(), same_everywhere);
    const std::size_t members = 1 + same_everywhere() % ranks.size();
    groups.push_back(world.group(std::span(ranks).first(members)));
    const bool member = std::find(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(members), world.rank()) !=
                        ranks.begin() + static_cast<std::ptrdiff_t>(members);
    check((groups.back() != nullptr) == member, "a group has other members than asked for");
  }
  std::array<std::array<int, 2>, kGroups> out{};
  std::array<std::array<int, 2>, kGroups> in{};
  std::array<Ticket, kGroups> sends{};
  for (int i = 0; i < kGroups; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (groups[k] == nullptr) continue;
    out[k] = {i, groups[k]->rank()};
    sends[k] = groups[k]->send((groups[k]->rank() + 1) % groups[k]->size(), std::as_bytes(std::span(out[k])));
  }
  for (int i = kGroups - 1; i >= 0; --i) {
    const auto k = static_cast<std::size_t>(i);
    if (groups[k] == nullptr) continue;
    const int from = (groups[k]->rank() + groups[k]->size() - 1) % groups[k]->size();
    groups[k]->wait(groups[k]->receive(from, std::as_writable_bytes(std::span(in[k]))));
    check(in[k] == std::array<int, 2>{i, from}, "a message crossed from one group to another");
  }
  for (std::size_t k = 0; k < kGroups; ++k) {
    if (groups[k] != nullptr) groups[k]->wait(sends[k]);
  }
}

void move_long_messages(World& world) {
  constexpr std::size_t kSize = (std::size_t{8} << 20) + 5;
  const std::unique_ptr<Communicator> group = world.group(all_ranks(world));
  const int next = (world.rank() + 1) % world.size();
  const int previous = (world.rank() + world.size() - 1) % world.size();
  const Bytes sent(kSize, static_cast<std::byte>(world.rank() + 1));
  Bytes received(kSize);
  const Ticket receive = group->receive(previous, received);
  group->wait(group->send(next, sent));
  group->wait(receive);
  check(received == Bytes(kSize, static_cast<std::byte>(previous + 1)), "a long message was damaged");
}

void gather_and_broadcast(World& world) {
  std::vector<int> everyone(static_cast<std::size_t>(world.size()));
  std::iota(everyone.begin(), everyone.end(), 0);
  check(world.ranks_here() == everyone, "all of a test's ranks share its host");
  const std::unique_ptr<Communicator> group = world.group(all_ranks(world));
  for (int round = 0; round < 20; ++round) {
    std::vector<int> all(static_cast<std::size_t>(world.size()));
    const int mine = world.rank() + round;
    all_gather(*group, std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
    for (int rank = 0; rank < world.size(); ++rank) {
      check(all[static_cast<std::size_t>(rank)] == rank + round, "all_gather mixed up its parts");
    }
    const int root = round % world.size();
    int value = world.rank() == root ? round : -1;
    broadcast(*group, root, std::as_writable_bytes(std::span(&value, 1)));
    check(value == round, "broadcast did not arrive");
    barrier(*group);
  }
}

// A microbatch at a time from rank to rank, each adding its number, with receives posted ahead.
void pass_tensors_down_a_pipeline(World& world) {
  constexpr int kMicrobatches = 12;
  constexpr std::array<std::int64_t, 2> kShape = {16, 64};
  const std::unique_ptr<Communicator> group = world.group(all_ranks(world));
  const bool first = world.rank() == 0;
  const bool last = world.rank() == world.size() - 1;
  MemoryLedger ledger;
  Arena arena(ledger, Category::kCommunication, 1 << 20);
  std::vector<SendChannel> to_next;
  std::vector<ReceiveChannel> from_previous;
  if (!last) to_next.emplace_back(*group, world.rank() + 1, arena, DType::kF32, kShape);
  if (!first) from_previous.emplace_back(*group, world.rank() - 1, arena, DType::kF32, kShape, 2);
  std::mt19937 random(static_cast<unsigned>(world.rank()));
  if (!first) from_previous[0].post(0);
  for (int i = 0; i < kMicrobatches; ++i) {
    float value = static_cast<float>(i);
    if (!first) {
      if (i + 1 < kMicrobatches) from_previous[0].post((i + 1) % 2);
      value = from_previous[0].take(i % 2, {.microbatch = i}).as<float>()[1023];
    }
    dawdle(random);
    value += static_cast<float>(world.rank());
    if (last) {
      const int expected = i + world.size() * (world.size() - 1) / 2;
      check(value == static_cast<float>(expected), "a tensor was damaged on its way");
    } else {
      to_next[0].acquire(i % SendChannel::kBuffers).as<float>()[1023] = value;
      to_next[0].post(i % SendChannel::kBuffers, {.microbatch = i});
    }
  }
  if (!last) to_next[0].drain();
}

std::vector<float> leaf_values(int leaf, std::int64_t elements) {
  std::mt19937 random(static_cast<unsigned>(leaf));
  std::vector<float> values(static_cast<std::size_t>(elements));
  for (float& value : values) value = static_cast<float>(random()) / static_cast<float>(1U << (random() % 31));
  return values;
}

// The sum over ranks has the bits of the sum of the same leaves in one place.
void sum_in_tree_order(World& world) {
  const std::unique_ptr<Communicator> group = world.group(all_ranks(world));
  const Kernels& kernels = reference_kernels<float>();
  Stream stream(1);
  MemoryLedger ledger;
  constexpr std::int64_t kMost = 100000;
  Arena arena(ledger, Category::kCommunication, OrderedSum::footprint(DType::kF32, kMost, world.size()));
  OrderedSum sum(*group, kernels, arena, kMost);
  for (const std::int64_t elements : {std::int64_t{1}, std::int64_t{1000}, std::int64_t{4097}, kMost}) {
    std::vector<float> leaves;
    for (int rank = 0; rank < world.size(); ++rank)
      std::ranges::copy(leaf_values(rank, elements), std::back_inserter(leaves));
    sum_leaves(stream, kernels, View(leaves.data(), DType::kF32, {world.size(), elements}));
    leaves.resize(static_cast<std::size_t>(elements));
    std::vector<float> mine = leaf_values(world.rank(), elements);
    sum.all_reduce(stream, View(mine.data(), DType::kF32, {elements}));
    check(mine == leaves, fmt::format("the sum of {} elements has other bits", elements));
  }
}

constexpr std::array kJobs = {
    TransportJob{"KeepOrderUnderRandomDelays", keep_order_under_random_delays},
    TransportJob{"KeepGroupsApart", keep_groups_apart},
    TransportJob{"MoveLongMessages", move_long_messages},
    TransportJob{"GatherAndBroadcast", gather_and_broadcast},
    TransportJob{"PassTensorsDownAPipeline", pass_tensors_down_a_pipeline},
    TransportJob{"SumInTreeOrder", sum_in_tree_order},
};

}  // namespace

std::span<const TransportJob> transport_jobs() { return kJobs; }

}  // namespace triaxis
