#include "train/stop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace triaxis {
namespace {

bool is_blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

// In a process of its own, since signals and their flag are the process's.
void ask_and_wait() {
  stop_on_signals();
  bool blocked_in_worker = true;
  std::thread([&] {
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) blocked_in_worker = blocked_in_worker && is_blocked(signal);
  }).join();
  if (!blocked_in_worker || stop_requested()) _exit(3);
  kill(getpid(), SIGUSR1);
  for (int i = 0; i < 1000 && !stop_requested(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  _exit(stop_requested() ? 0 : 4);
}

void ask_twice() {
  stop_on_signals();
  kill(getpid(), SIGTERM);
  while (!stop_requested()) std::this_thread::yield();
  kill(getpid(), SIGTERM);
  std::this_thread::sleep_for(std::chrono::seconds(10));
  _exit(5);
}

TEST(Stop, ASignalIsSeenAndReachesNoComputeThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ask_and_wait(), ::testing::ExitedWithCode(0), "");
}

TEST(Stop, ASecondSignalEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ask_twice(), ::testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace triaxis
