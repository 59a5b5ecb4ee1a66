#include "comm/local/local.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::unique_ptr<Communicator> everybody(World& world) {
  std::vector<int> ranks(static_cast<std::size_t>(world.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return world.group(ranks);
}

/// The message of the `Error` that a job ends with.
template <typename Error>
std::string failure_of(int ranks, const std::function<void(World&)>& body) {
  try {
    run_local(ranks, body);
  } catch (const Error& error) {
    return error.what();
  }
  return "no such error";
}

TEST(RunLocal, RunsEveryRankOnce) {
  std::vector<int> seen(5);
  run_local(5, [&](World& world) { seen[static_cast<std::size_t>(world.rank())] += world.size(); });
  EXPECT_EQ(seen, std::vector<int>(5, 5));
}

TEST(RunLocal, AFailingRankEndsTheWaitsOfTheOthersAndKeepsItsType) {
  const auto start = std::chrono::steady_clock::now();
  const std::string message = failure_of<UserError>(4, [](World& world) {
    const std::unique_ptr<Communicator> all = everybody(world);
    if (world.rank() == 2) throw UserError("data.path is missing");
    std::array<std::byte, 8> bytes{};
    all->wait(all->receive(2, bytes));
  });
  EXPECT_EQ(message, "rank 2: data.path is missing");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(RunLocal, AFailingRankEndsPollingToo) {
  const std::string message = failure_of<RunError>(2, [](World& world) {
    const std::unique_ptr<Communicator> all = everybody(world);
    if (world.rank() == 1) throw RunError("the disk is full");
    std::array<std::byte, 8> bytes{};
    const Ticket ticket = all->receive(1, bytes);
    while (!all->done(ticket)) std::this_thread::yield();
  });
  EXPECT_EQ(message, "rank 1: the disk is full");
}

TEST(RunLocal, OneRankAloneIsNotNamed) {
  EXPECT_EQ(failure_of<UserError>(1, [](World&) { throw UserError("no"); }), "no");
}

TEST(RunLocal, OtherExceptionsComeUnchanged) {
  EXPECT_THROW(run_local(3,
                         [](World& world) {
                           if (world.rank() == 1) throw std::bad_alloc();
                         }),
               std::bad_alloc);
}

// Nobody may read or write what a failing rank's transfers point at once it has begun to go.
TEST(RunLocal, TransfersOfAFailingRankAreLeftAlone) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    failure_of<RunError>(4, [](World& world) {
      const std::unique_ptr<Communicator> all = everybody(world);
      const std::size_t size = 1 << 16;
      std::vector<std::byte> out(size);
      std::vector<std::vector<std::byte>> in(4, out);
      std::vector<Ticket> tickets;
      for (int peer = 0; peer < 4; ++peer) tickets.push_back(all->receive(peer, in[static_cast<std::size_t>(peer)]));
      if (world.rank() == 1) {
        for (const Ticket ticket : tickets) all->abandon(ticket);
        throw RunError("early");
      }
      for (int peer = 0; peer < 4; ++peer) tickets.push_back(all->send(peer, out));
      for (const Ticket ticket : tickets) all->wait(ticket);
    });
  }
}

TEST(RunLocal, ADeadlineNamesRankPeerAndActivity) {
  ::testing::internal::CaptureStderr();
  const std::string message = failure_of<RunError>(3, [](World& world) {
    const std::unique_ptr<Communicator> all = everybody(world);
    world.set_timeout(world.rank() == 0 ? 0.3 : 60);
    world.set_activity([&] { return "1F3; last completed 1F" + std::to_string(world.rank()); });
    std::array<std::byte, 8> bytes{};
    all->wait(all->receive((world.rank() + 1) % 3, bytes));
  });
  const std::string logged = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(message,
              ContainsRegex("^rank 0 waited [0-9.]+ s for a message from rank 1, doing 1F3; last completed 1F0$"));
  EXPECT_THAT(logged,
              ContainsRegex("rank 1 waited [0-9.]+ s for a message from rank 2, doing 1F3; last completed 1F1"));
  EXPECT_THAT(logged,
              ContainsRegex("rank 2 waited [0-9.]+ s for a message from rank 0, doing 1F3; last completed 1F2"));
  EXPECT_THAT(logged, Not(HasSubstr("rank 0 waited")));
}

TEST(RunLocal, ASendThatNobodyTakesHasADeadlineToo) {
  const std::string message = failure_of<RunError>(2, [](World& world) {
    const std::unique_ptr<Communicator> all = everybody(world);
    world.set_timeout(0.1);
    if (world.rank() == 1) return;
    std::array<std::byte, 8> bytes{};
    all->wait(all->send(1, bytes));
  });
  EXPECT_THAT(message, ContainsRegex("^rank 0 waited [0-9.]+ s for rank 1 to take a message$"));
}

TEST(RunLocal, EndsOfDifferentSizeAreAMistake) {
  const std::string message = failure_of<std::logic_error>(2, [](World& world) {
    const std::unique_ptr<Communicator> all = everybody(world);
    std::array<std::byte, 8> bytes{};
    if (world.rank() == 0) {
      all->wait(all->send(1, bytes));
    } else {
      all->wait(all->receive(0, std::span(bytes).first(4)));
    }
  });
  EXPECT_THAT(message, HasSubstr("the two ends of a message differ in size"));
}

TEST(RunLocal, RanksMustAskForTheSameGroups) {
  const std::string message = failure_of<std::logic_error>(2, [](World& world) {
    const std::array<int, 1> own = {world.rank()};
    world.group(own);
  });
  EXPECT_THAT(message, HasSubstr("different groups"));
}

}  // namespace
}  // namespace triaxis
