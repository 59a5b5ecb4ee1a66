// Where a rank sleeps until one of its transfers is complete, another rank fails, or the deadline passes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace triaxis {

class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;

  /// Makes a sleeping `wait_until` look again.
  void wake() {
    { const std::lock_guard lock(mutex_); }  // so that nobody is between looking and sleeping
    changed_.notify_all();
  }

  /// Sleeps until `ready()` or the deadline. RETURNS: whether it is ready. REQUIRES: whatever makes it ready is
  /// followed by `wake`.
  template <typename Ready>
  bool wait_until(Clock::time_point deadline, Ready&& ready) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, ready);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace triaxis
