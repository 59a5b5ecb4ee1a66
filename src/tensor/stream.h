// Where kernels run: in order, on a stream. On a CPU they run at once, on the stream's threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/host_memory.h"
#include "tensor/thread_pool.h"

namespace triaxis {

/// Seconds and calls of one kernel.
struct KernelTime {
  double seconds = 0;
  std::int64_t calls = 0;
};

/// An in-order queue of kernels with its compute threads and their scratch memory. One a rank; not shared between
/// threads.
class Stream {
 public:
  /// `threads` compute threads, the caller's included.
  explicit Stream(int threads);

  int threads() const { return pool_.threads(); }

  /// Runs body(i, thread) for every i in [0, count), each once, on any thread. Which thread runs i must change no bit.
  /// Returns when all are done. Does not allocate.
  template <typename Body>
  void parallel_for(std::int64_t count, Body&& body) {
    pool_.parallel_for(count, std::forward<Body>(body));
  }

  /// Makes every thread's scratch at least `bytes`. Before the first step only.
  void reserve_scratch(std::size_t bytes);
  /// The scratch of one thread, aligned to 64 bytes. VALID UNTIL: the next reserve_scratch.
  std::span<std::byte> scratch(int thread);
  /// Bytes of scratch over all threads, for the ledger.
  std::size_t scratch_bytes() const;

  /// Turns on the profile by kernel.
  void set_profiling(bool on) { profiling_ = on; }
  bool profiling() const { return profiling_; }
  void record(std::string_view kernel, double seconds);
  const std::map<std::string, KernelTime, std::less<>>& profile() const { return profile_; }
  void clear_profile() { profile_.clear(); }

 private:
  ThreadPool pool_;
  std::vector<HostMemory> scratch_;
  bool profiling_ = false;
  std::map<std::string, KernelTime, std::less<>> profile_;
};

/// Books the time from here to the end of the scope under `kernel`, if the stream is profiling.
class KernelScope {
 public:
  KernelScope(Stream& stream, std::string_view kernel);
  ~KernelScope();
  KernelScope(const KernelScope&) = delete;
  KernelScope& operator=(const KernelScope&) = delete;

 private:
  Stream* stream_;
  std::string_view kernel_;
  std::chrono::steady_clock::time_point start_;
};

/// A point in a stream: the only way to order streams, to free a slot or to stamp a clock.
class Event {
 public:
  /// Marks the stream's present end.
  void record(Stream& stream);
  /// Makes `stream` wait for the mark. At once on a CPU.
  void wait(Stream& stream) const;
  /// When the mark was passed.
  std::chrono::steady_clock::time_point time() const { return time_; }

 private:
  std::chrono::steady_clock::time_point time_{};
};

}  // namespace triaxis
