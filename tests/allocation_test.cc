// No code of ours allocates between a step's first and last action. While a step runs, every operator new of the
// process is looked at, and every malloc and mmap that our objects call (the linker wraps those). An operator new
// counts if the first frame above it that is not the C++ library's lies in this program; so what oneDNN, OpenMP and the
// like allocate inside their own calls is left out.
#include <dlfcn.h>
#include <execinfo.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "comm/local/local.h"
#include "config/config.h"
#include "train/trainer.h"

// Where the program's own code begins and ends, and the C library's allocator: the linker's names.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char __executable_start;
extern "C" const char etext;
extern "C" void* __real_malloc(std::size_t bytes);
extern "C" void* __real_calloc(std::size_t count, std::size_t bytes);
extern "C" void* __real_realloc(void* memory, std::size_t bytes);
extern "C" void* __real_aligned_alloc(std::size_t alignment, std::size_t bytes);
extern "C" void* __real_mmap(void* place, std::size_t bytes, int protection, int flags, int file, off_t offset);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

std::atomic<bool> counting = false;
std::atomic<bool> naming = false;  // whether what is counted is also printed
std::atomic<int> own_allocations = 0;

bool is_ours(const void* place) {
  const char* const byte = static_cast<const char*>(place);
  return byte >= &__executable_start && byte < &etext;
}

bool is_of_the_cpp_library(const void* place) {
  Dl_info info{};
  return dladdr(place, &info) != 0 && info.dli_fname != nullptr &&
         std::string_view(info.dli_fname).find("libstdc++") != std::string_view::npos;
}

/// A failure names its culprit by the frames printed here, which `addr2line -Cfpe PROGRAM` reads.
void count() {
  ++own_allocations;
  if (!naming) return;
  std::array<void*, 16> frames{};
  backtrace_symbols_fd(frames.data(), backtrace(frames.data(), static_cast<int>(frames.size())), 2);
}

/// `caller` is whoever called the allocator.
void look_at(const void* caller) {
  if (!counting) return;
  if (is_ours(caller)) return count();
  if (!is_of_the_cpp_library(caller)) return;
  std::array<void*, 16> frames{};
  void** const end = frames.data() + backtrace(frames.data(), static_cast<int>(frames.size()));
  void** const first = std::find(frames.data(), end, caller);
  void** const user = std::find_if_not(first, end, is_of_the_cpp_library);
  if (user != end && is_ours(*user)) count();
}

void* allocate(std::size_t bytes, std::size_t alignment, const void* caller) {
  look_at(caller);
  void* const memory = alignment == 0
                           ? __real_malloc(bytes)
                           : __real_aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes, 0, __builtin_return_address(0)); }
void* operator new[](std::size_t bytes) { return allocate(bytes, 0, __builtin_return_address(0)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

// What our objects call by name is ours without a look at the caller.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" void* __wrap_malloc(std::size_t bytes) {
  if (counting) count();
  return __real_malloc(bytes);
}
extern "C" void* __wrap_calloc(std::size_t count_of, std::size_t bytes) {
  if (counting) count();
  return __real_calloc(count_of, bytes);
}
extern "C" void* __wrap_realloc(void* memory, std::size_t bytes) {
  if (counting) count();
  return __real_realloc(memory, bytes);
}
extern "C" void* __wrap_aligned_alloc(std::size_t alignment, std::size_t bytes) {
  if (counting) count();
  return __real_aligned_alloc(alignment, bytes);
}
extern "C" void* __wrap_mmap(void* place, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  if (counting) count();
  return __real_mmap(place, bytes, protection, flags, file, offset);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace triaxis {
namespace {

constexpr std::string_view kConfig = R"(
[model]
layers = 2
hidden = 64
heads = 4
vocab = 320
seq_len = 32
dropout = 0.1
[data]
path = "unused"
[batch]
global = 8
micro = 1
)";

void fill(std::int64_t sequence, std::span<std::int32_t> ids, std::span<std::int32_t> targets) {
  for (std::size_t t = 0; t < ids.size(); ++t) {
    ids[t] = static_cast<std::int32_t>((static_cast<std::size_t>(sequence) * 31 + t * 7) % 256);
    targets[t] = static_cast<std::int32_t>((static_cast<std::size_t>(ids[t]) + 1) % 256);
  }
}

/// RETURNS: allocations of all ranks together while they run one step's actions.
int allocations_of_a_step(const Config& config) {
  const RunPlan plan = plan_run(config);
  std::barrier together(plan.grid.ranks());
  run_local(plan.grid.ranks(), [&](World& world) {
    Trainer trainer(world, config, plan);
    trainer.step(1, fill, {});  // oneDNN and the system may still set things up in a first step.
    const RankPlan& mine = trainer.mine();
    Batch batch({mine.microbatches, config.batch.micro, config.model.seq_len, mine.groups}, trainer.ledger());
    batch.load(2, 0, 1.0, fill);
    together.arrive_and_wait();
    if (world.rank() == 0) {
      own_allocations = 0;
      naming = true;
      counting = true;
    }
    together.arrive_and_wait();
    trainer.executor().run(mine.train, batch.microbatches(), config.model.dropout, nullptr);
    together.arrive_and_wait();
    counting = false;
  });
  return own_allocations;
}

TEST(Allocation, IsCountedHere) {
  own_allocations = 0;
  counting = true;
  const std::vector<int> numbers(3, 7);
  std::string text(200, 'x');  // In the C++ library's code, for us.
  text += text;
  void* volatile memory = std::malloc(10);
  counting = false;
  std::free(memory);
  EXPECT_EQ(numbers.back(), 7);
  EXPECT_EQ(text.size(), 400U);
  EXPECT_EQ(own_allocations, 4);
}

class AllocationInStep : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(AllocationInStep, DoesNotHappen) {
  EXPECT_EQ(allocations_of_a_step(parse_config(kConfig, "test.toml", GetParam())), 0);
}

INSTANTIATE_TEST_SUITE_P(Layouts, AllocationInStep,
                         ::testing::Values(std::vector<std::string>{"train.threads=2"},
                                           std::vector<std::string>{"parallel.data=2", "parallel.pipeline=2",
                                                                    "train.threads=1"},
                                           std::vector<std::string>{"parallel.data=2", "parallel.tensor=2",
                                                                    "parallel.pipeline=2", "train.threads=1"}));

}  // namespace
}  // namespace triaxis
