#include "comm/collectives.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <numeric>
#include <vector>

#include "comm/local/local.h"

namespace triaxis {
namespace {

std::unique_ptr<Communicator> everybody(World& world) {
  std::vector<int> ranks(static_cast<std::size_t>(world.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return world.group(ranks);
}

class Collectives : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Ranks, Collectives, ::testing::Values(1, 2, 3, 4, 5, 6, 7, 8, 17, 35));

TEST_P(Collectives, AllGatherPutsPartsInRankOrder) {
  run_local(GetParam(), [](World& world) {
    const std::unique_ptr<Communicator> group = everybody(world);
    const std::array<int, 2> mine = {world.rank(), world.rank() * world.rank()};
    std::vector<std::array<int, 2>> all(static_cast<std::size_t>(world.size()));
    all_gather(*group, std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));
    for (int rank = 0; rank < world.size(); ++rank) {
      EXPECT_EQ(all[static_cast<std::size_t>(rank)], (std::array<int, 2>{rank, rank * rank}));
    }
  });
}

TEST_P(Collectives, BroadcastReachesAllFromAnyRoot) {
  run_local(GetParam(), [](World& world) {
    const std::unique_ptr<Communicator> group = everybody(world);
    for (int root = 0; root < world.size(); ++root) {
      std::array<int, 3> values{};
      if (world.rank() == root) values = {root, 2, 3};
      broadcast(*group, root, std::as_writable_bytes(std::span(values)));
      EXPECT_EQ(values, (std::array<int, 3>{root, 2, 3}));
    }
  });
}

TEST_P(Collectives, NobodyLeavesABarrierBeforeAllHaveCome) {
  std::atomic<int> arrived = 0;
  run_local(GetParam(), [&](World& world) {
    const std::unique_ptr<Communicator> group = everybody(world);
    for (int round = 1; round <= 20; ++round) {
      ++arrived;
      barrier(*group);
      EXPECT_GE(arrived.load(), round * world.size());
      barrier(*group);
    }
  });
}

}  // namespace
}  // namespace triaxis
