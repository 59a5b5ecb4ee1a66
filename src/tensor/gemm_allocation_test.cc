// Nothing of ours allocates while a product runs. oneDNN and its libraries may: calls of operator new count only when
// they come from this program's own code.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tensor/gemm.h"
#include "tensor/gemm_test_operands.h"

// Where the program's own code begins and ends: the linker's names.
extern "C" const char __executable_start;  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char etext;

namespace {

std::atomic<int> own_allocations = 0;

void* counted(std::size_t bytes, const void* caller) {
  const char* const place = static_cast<const char*>(caller);
  if (place >= &__executable_start && place < &etext) ++own_allocations;
  void* const memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, __builtin_return_address(0)); }
void* operator new[](std::size_t bytes) { return counted(bytes, __builtin_return_address(0)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace triaxis {
namespace {

TEST(GemmAllocation, IsCountedHere) {
  const int before = own_allocations;
  const auto number = std::make_unique<int>(7);
  EXPECT_EQ(*number, 7);
  EXPECT_EQ(own_allocations, before + 1);
}

TEST(GemmAllocation, DoesNotHappenInARun) {
  Stream stream(2);
  for (const bool packed : {true, false}) {
    const GemmShape shape{.batch = 2, .m = 300, .n = 500, .k = 1600, .accumulate = true, .pack_b = packed};
    const GemmPlan plan(GemmEngine::kFast, stream, shape);
    GemmOperands<float> operands(shape);
    operands.run(plan, stream);  // The packed form now has its memory.
    const View b = packed
                       ? View(operands.packed.data(), DType::kF32, {static_cast<std::int64_t>(operands.packed.size())})
                       : operands.view_of_b();
    const int before = own_allocations;
    if (packed) plan.pack(stream, operands.view_of_b(), b);
    plan.run(stream, operands.view_of_a(), b, View(), operands.view_of_c());
    EXPECT_EQ(own_allocations, before);
  }
}

}  // namespace
}  // namespace triaxis
