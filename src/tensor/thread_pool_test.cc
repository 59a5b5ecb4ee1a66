#include "tensor/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

namespace triaxis {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEachIndexOnceWhateverTheLoop) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.threads(), GetParam());
  for (int round = 0; round < 2000; ++round) {
    const int count = round % 37;
    std::vector<int> calls(static_cast<std::size_t>(count));
    pool.parallel_for(count, [&](std::int64_t i, int thread) {
      EXPECT_TRUE(thread >= 0 && thread < pool.threads());
      ++calls[static_cast<std::size_t>(i)];
    });
    ASSERT_TRUE(std::ranges::all_of(calls, [](int n) { return n == 1; })) << "round " << round;
  }
}

TEST_P(ThreadPoolTest, ThrowsABodysExceptionAndGoesOn) {
  ThreadPool pool(GetParam());
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(pool.parallel_for(20,
                                   [](std::int64_t i, int) {
                                     if (i == 7) throw std::domain_error("seven");
                                   }),
                 std::domain_error);
    std::atomic<int> calls = 0;
    pool.parallel_for(20, [&](std::int64_t, int) { ++calls; });
    EXPECT_EQ(calls, 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 8));

TEST(ThreadPool, WakesSleepersForWork) {
  ThreadPool pool(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::atomic<int> arrived = 0;
  pool.parallel_for(2, [&](std::int64_t, int) {
    ++arrived;
    while (arrived != 2) std::this_thread::yield();  // Ends only if two threads are inside.
  });
  EXPECT_EQ(arrived, 2);
}

TEST(ThreadPool, NeedsAThread) { EXPECT_THROW(ThreadPool(0), std::logic_error); }

}  // namespace
}  // namespace triaxis
