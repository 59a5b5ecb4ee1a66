#include "comm/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/error.h"
#include "comm/local/local.h"

namespace triaxis {
namespace {

constexpr std::array<std::int64_t, 2> kShape = {3, 5};
constexpr std::array<int, 2> kBoth = {0, 1};

TEST(Channel, TensorsArriveInOrder) {
  run_local(2, [](World& world) {
    const std::unique_ptr<Communicator> both = world.group(kBoth);
    MemoryLedger ledger;
    constexpr int kDepth = 3;
    constexpr int kMessages = 20;
    Arena arena(ledger, Category::kCommunication,
                SendChannel::footprint(DType::kF32, 15) + ReceiveChannel::footprint(DType::kF32, 15, kDepth));
    if (world.rank() == 0) {
      SendChannel channel(*both, 1, arena, DType::kF32, kShape);
      for (int i = 0; i < kMessages; ++i) {
        const View x = channel.acquire(i % 2);
        EXPECT_EQ(describe(x), "[3, 5] f32");
        x.as<float>()[14] = static_cast<float>(i);
        channel.post(i % 2, {.kind = 1, .stage = 2, .microbatch = i, .step = 7});
      }
      channel.drain();
      return;
    }
    ReceiveChannel channel(*both, 0, arena, DType::kF32, kShape, kDepth);
    for (int i = 0; i < kDepth; ++i) channel.post(i);
    for (int i = 0; i < kMessages; ++i) {
      const View x = channel.take(i % kDepth, {.kind = 1, .stage = 2, .microbatch = i, .step = 7});
      EXPECT_EQ(x.as<float>()[14], static_cast<float>(i));
      if (i + kDepth < kMessages) channel.post(i % kDepth);
    }
  });
}

TEST(Channel, MessagesMayBeUsedInAnyOrder) {
  run_local(2, [](World& world) {
    const std::unique_ptr<Communicator> both = world.group(kBoth);
    MemoryLedger ledger;
    Arena arena(ledger, Category::kCommunication,
                SendChannel::footprint(DType::kF32, 15) + ReceiveChannel::footprint(DType::kF32, 15, 2));
    if (world.rank() == 0) {
      SendChannel channel(*both, 1, arena, DType::kF32, kShape);
      for (int i = 0; i < 2; ++i) {
        channel.acquire(i).as<float>()[0] = static_cast<float>(i);
        channel.post(i, {.microbatch = i});
      }
      channel.drain();
      return;
    }
    ReceiveChannel channel(*both, 0, arena, DType::kF32, kShape, 2);
    for (int i = 0; i < 2; ++i) channel.post(i);
    EXPECT_EQ(channel.take(1, {.microbatch = 1}).as<float>()[0], 1.0F);
    EXPECT_EQ(channel.take(0, {.microbatch = 0}).as<float>()[0], 0.0F);
  });
}

TEST(Channel, AMessageOutOfOrderIsAMistake) {
  const auto job = [](World& world) {
    const std::unique_ptr<Communicator> both = world.group(kBoth);
    MemoryLedger ledger;
    Arena arena(ledger, Category::kCommunication, 4096);
    if (world.rank() == 0) {
      SendChannel channel(*both, 1, arena, DType::kF32, kShape);
      channel.acquire(0);
      channel.post(0, {.kind = 1, .stage = 2, .microbatch = 4, .step = 7});
      channel.drain();
    } else {
      ReceiveChannel channel(*both, 0, arena, DType::kF32, kShape, 1);
      channel.post(0);
      channel.take(0, {.kind = 1, .stage = 2, .microbatch = 3, .step = 7});
    }
  };
  try {
    run_local(2, job);
    ADD_FAILURE() << "no error";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("rank 0 of the group sent kind 1 stage 2 microbatch 4 step 7 where "
                                                   "kind 1 stage 2 microbatch 3 step 7 was expected"));
  }
}

TEST(Channel, BuffersAreNotOverrun) {
  run_local(1, [](World& world) {
    const std::array<int, 1> alone = {0};
    const std::unique_ptr<Communicator> self = world.group(alone);
    MemoryLedger ledger;
    Arena arena(ledger, Category::kCommunication, 8192);
    ReceiveChannel receive(*self, 0, arena, DType::kF32, kShape, 1);
    EXPECT_THROW(receive.take(0, {}), std::logic_error);
    receive.post(0);
    EXPECT_THROW(receive.post(0), std::logic_error);
    SendChannel send(*self, 0, arena, DType::kF32, kShape);
    send.acquire(0);
    send.post(0, {});
    send.acquire(1);
    send.post(1, {});
    EXPECT_THROW(send.post(1, {}), std::logic_error);
    receive.take(0, {});
    receive.post(0);
    receive.take(0, {});
    send.drain();
  });
}

}  // namespace
}  // namespace triaxis
