// A fixed team of compute threads.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace triaxis {

/// `threads` threads, the caller's included; with one, everything runs on the caller. Idle workers spin briefly, then
/// sleep. Not reentrant.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  /// Runs body(i, thread) for every i in [0, count). Does not allocate. The first exception of a body is thrown here.
  template <typename Body>
  void parallel_for(std::int64_t count, Body&& body) {
    run(
        count,
        [](void* context, std::int64_t i, int thread) {
          (*static_cast<std::remove_reference_t<Body>*>(context))(i, thread);
        },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using Task = void (*)(void* context, std::int64_t index, int thread);
  void run(std::int64_t count, Task task, void* context);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaxis
