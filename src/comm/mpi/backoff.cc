#include "comm/mpi/backoff.h"

#include <algorithm>
#include <thread>

namespace triaxis {
namespace {

using namespace std::chrono_literals;

constexpr int kYields = 20;
constexpr std::chrono::nanoseconds kShortest = 10us;
constexpr std::chrono::nanoseconds kLongest = 1ms;

}  // namespace

bool Backoff::pause() {
  if (polls_ < kYields) {
    ++polls_;
    std::this_thread::yield();
    return false;
  }
  sleep_ = std::clamp(sleep_ + sleep_ / 16, kShortest, kLongest);
  std::this_thread::sleep_for(sleep_);
  return true;
}

}  // namespace triaxis
