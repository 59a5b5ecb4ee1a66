#include "tensor/thread_pool.h"

#include <atomic>
#include <exception>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace triaxis {
namespace {

// Long enough to catch the next kernel of a busy stream, short enough that ranks sharing a core are not held up.
constexpr int kSpins = 400;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Waits until `value` is no longer `old`: spins, then sleeps.
void wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load() != old) return;
    pause_briefly();
  }
  value.wait(old);
}

}  // namespace

// A loop is published as a generation. Its indices are claimed from `claims`, which holds the generation beside the
// next index: a worker that wakes late finds another generation there and claims nothing, so that the caller never
// waits for a sleeper, only for claimed indices. That also guards the loop's description (count, task, context): it
// changes only after `claims` did, so whoever claims an index has read the description that belongs to it.
struct ThreadPool::Impl {
  std::vector<std::thread> workers;
  std::atomic<bool> stopping = false;
  std::atomic<std::uint32_t> generation = 0;
  std::atomic<std::uint64_t> claims = 0;  // generation << 32 | next index
  std::atomic<std::uint32_t> done = 0;

  std::atomic<std::uint32_t> count = 0;
  std::atomic<Task> task = nullptr;
  std::atomic<void*> context = nullptr;

  std::atomic<bool> failed = false;
  std::exception_ptr failure;

  void work(int thread);
  void take_part(std::uint32_t loop, int thread);
  void call(Task body, void* argument, std::uint32_t index, int thread);
};

void ThreadPool::Impl::call(Task body, void* argument, std::uint32_t index, int thread) {
  if (failed.load()) return;
  try {
    body(argument, index, thread);
  } catch (...) {
    if (!failed.exchange(true)) failure = std::current_exception();
  }
}

void ThreadPool::Impl::take_part(std::uint32_t loop, int thread) {
  std::uint64_t claim = claims.load();
  while (claim >> 32 == loop) {
    const std::uint32_t end = count.load();
    const Task body = task.load();
    void* const argument = context.load();
    const auto index = static_cast<std::uint32_t>(claim);
    if (index >= end) return;
    if (!claims.compare_exchange_weak(claim, claim + 1)) continue;
    call(body, argument, index, thread);
    if (done.fetch_add(1) + 1 == end) done.notify_one();
    claim = claims.load();
  }
}

void ThreadPool::Impl::work(int thread) {
  std::uint32_t seen = 0;
  while (true) {
    wait_for_change(generation, seen);
    seen = generation.load();
    if (stopping.load()) return;
    take_part(seen, thread);
  }
}

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>()) {
  check(threads >= 1, "a pool has at least one thread");
  impl_->workers.reserve(static_cast<std::size_t>(threads) - 1);
  for (int thread = 1; thread < threads; ++thread) impl_->workers.emplace_back([this, thread] { impl_->work(thread); });
}

ThreadPool::~ThreadPool() {
  impl_->stopping.store(true);
  impl_->generation.fetch_add(1);
  impl_->generation.notify_all();
  for (std::thread& worker : impl_->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(impl_->workers.size()) + 1; }

void ThreadPool::run(std::int64_t count, Task task, void* context) {
  if (impl_->workers.empty() || count <= 1) {
    for (std::int64_t i = 0; i < count; ++i) task(context, i, 0);
    return;
  }
  check(count <= std::numeric_limits<std::int32_t>::max(), "too many indices for one loop");
  Impl& pool = *impl_;
  const std::uint32_t loop = pool.generation.load() + 1;
  const auto end = static_cast<std::uint32_t>(count);
  pool.claims.store(std::uint64_t{loop} << 32 | std::numeric_limits<std::uint32_t>::max());  // Nothing to claim yet.
  pool.count.store(end);
  pool.task.store(task);
  pool.context.store(context);
  pool.done.store(0);
  pool.claims.store(std::uint64_t{loop} << 32);
  pool.generation.store(loop);
  pool.generation.notify_all();

  pool.take_part(loop, 0);
  for (std::uint32_t done = pool.done.load(); done != end; done = pool.done.load()) {
    wait_for_change(pool.done, done);
  }
  if (pool.failed.exchange(false)) std::rethrow_exception(std::exchange(pool.failure, nullptr));
}

}  // namespace triaxis
