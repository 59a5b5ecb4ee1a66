// Elementwise kernels that do nothing but move and add.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/elementwise.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include "tensor/fast/kernels.h"
#include "tensor/fast/panels.h"
#include "tensor/fast/simd-inl.h"
#include "tensor/kernel_checks.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

void add_block(const float* a, const float* b, float* y, std::int64_t n) {
  map(
      n, y, [](Float u, Float v) HWY_ATTR { return hn::Add(u, v); }, a, b);
}

void maximum_block(const float* a, const float* b, float* y, std::int64_t n) {
  map(
      n, y, [](Float u, Float v) HWY_ATTR { return larger(u, v); }, a, b);
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(add_block);
HWY_EXPORT(maximum_block);

void fill(Stream& stream, const View& y, double value) {
  const KernelScope scope(stream, "fill");
  float* to = y.as<float>();
  for_panels(stream, y.size(), kElementBlock, [&](std::int64_t first, std::int64_t count) {
    std::fill_n(to + first, count, static_cast<float>(value));
  });
}

void copy(Stream& stream, const View& x, const View& y) {
  const KernelScope scope(stream, "copy");
  const std::int64_t size = check_elementwise(DType::kF32, {x, y});
  const float* from = x.as<float>();
  float* to = y.as<float>();
  for_panels(stream, size, kElementBlock,
             [&](std::int64_t first, std::int64_t count) { std::copy_n(from + first, count, to + first); });
}

void add(Stream& stream, const View& a, const View& b, const View& y) {
  const KernelScope scope(stream, "add");
  const std::int64_t size = check_elementwise(DType::kF32, {a, b, y});
  const auto block = HWY_DYNAMIC_DISPATCH(add_block);
  for_panels(stream, size, kElementBlock, [&](std::int64_t first, std::int64_t count) {
    block(a.as<float>() + first, b.as<float>() + first, y.as<float>() + first, count);
  });
}

void maximum(Stream& stream, const View& a, const View& b, const View& y) {
  const KernelScope scope(stream, "maximum");
  const std::int64_t size = check_elementwise(DType::kF32, {a, b, y});
  const auto block = HWY_DYNAMIC_DISPATCH(maximum_block);
  for_panels(stream, size, kElementBlock, [&](std::int64_t first, std::int64_t count) {
    block(a.as<float>() + first, b.as<float>() + first, y.as<float>() + first, count);
  });
}

}  // namespace triaxis::fast
#endif
