#include "tensor/arena.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>

#include "base/error.h"

namespace triaxis {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Arena, HandsOutZeroedAlignedMemory) {
  MemoryLedger ledger;
  Arena arena(ledger, Category::kActivations, 4096);
  const View odd = arena.allocate(DType::kF32, {3});
  const View next = arena.allocate(DType::kF64, {2, 2});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(odd.data) % 64, 0u);
  EXPECT_EQ(static_cast<std::byte*>(next.data) - static_cast<std::byte*>(odd.data), 64);
  EXPECT_EQ(arena.used(), 128u);
  const std::span values(next.as<double>(), 4);
  EXPECT_TRUE(std::ranges::all_of(values, [](double x) { return x == 0; }));
}

TEST(Arena, HoldsExactlyItsFootprints) {
  MemoryLedger ledger;
  Arena arena(ledger, Category::kActivations, Arena::footprint(DType::kF32, 17) + Arena::footprint(DType::kI64, 8));
  EXPECT_EQ(arena.capacity(), 128u + 64u);
  arena.allocate(DType::kF32, {17});
  arena.allocate(DType::kI64, {8});
  EXPECT_EQ(arena.used(), arena.capacity());
  EXPECT_THAT([&] { arena.allocate(DType::kF32, {1}); },
              ThrowsMessage<std::logic_error>(HasSubstr("the arena for activations has 0 of 192 bytes left")));
}

TEST(Arena, IsBookedUntilItGoes) {
  MemoryLedger ledger;
  {
    Arena first(ledger, Category::kGradients, 1000);
    const Arena second(ledger, Category::kGradients, 500);
    EXPECT_EQ(ledger.now(Category::kGradients), 1500);
    EXPECT_EQ(ledger.now(Category::kParameters), 0);
    const Arena moved(std::move(first));
    EXPECT_EQ(moved.capacity(), 1000u);
    EXPECT_EQ(ledger.now(Category::kGradients), 1500);
  }
  EXPECT_EQ(ledger.now(Category::kGradients), 0);
  EXPECT_EQ(ledger.high_water(Category::kGradients), 1500);
}

TEST(Arena, RefusesWhatTheMachineHasNot) {
  MemoryLedger ledger;
  EXPECT_THROW(Arena(ledger, Category::kWorkspace, std::size_t{1} << 60), RunError);
  EXPECT_THROW(Arena(ledger, Category::kWorkspace, 64, Space::kDevice), std::logic_error);
  EXPECT_EQ(ledger.high_water(Category::kWorkspace), 0);
}

}  // namespace
}  // namespace triaxis
