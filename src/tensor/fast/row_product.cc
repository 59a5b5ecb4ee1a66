// One row times a matrix stored by output: an element of the result is the dot product of two rows, summed in an order
// that k alone fixes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/row_product.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include "tensor/fast/panels.h"
#include "tensor/fast/row_product.h"
#include "tensor/fast/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

/// y [kRows] = w [kRows, k] x [k]. Several rows at once, so that several streams of memory are read at once.
template <int kRows>
HWY_INLINE void dot_rows(const float* x, const float* w, std::int64_t k, float* y) {
  Float even[kRows];
  Float odd[kRows];
  for (int r = 0; r < kRows; ++r) even[r] = odd[r] = hn::Zero(Floats());
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= k; i += 2 * kLanes) {
    const Float x0 = load(x + i);
    const Float x1 = load(x + i + kLanes);
    for (int r = 0; r < kRows; ++r) {
      even[r] = hn::MulAdd(load(w + r * k + i), x0, even[r]);
      odd[r] = hn::MulAdd(load(w + r * k + i + kLanes), x1, odd[r]);
    }
  }
  for (; i < k; i += kLanes) {
    const std::int64_t count = std::min(kLanes, k - i);
    const Float x0 = load(x + i, count);
    for (int r = 0; r < kRows; ++r) even[r] = hn::MulAdd(load(w + r * k + i, count), x0, even[r]);
  }
  for (int r = 0; r < kRows; ++r) y[r] = sum_of_lanes(hn::Add(even[r], odd[r]));
}

void dot_panel(const float* x, const float* w, std::int64_t rows, std::int64_t k, float* y) {
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4) dot_rows<4>(x, w + r * k, k, y + r);
  for (; r < rows; ++r) dot_rows<1>(x, w + r * k, k, y + r);
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(dot_panel);

void row_product(Stream& stream, const GemmShape& shape, const View& a, const View& b, const View& bias,
                 const View& c) {
  const auto dot = HWY_DYNAMIC_DISPATCH(dot_panel);
  const std::int64_t n = shape.n;
  const std::int64_t k = shape.k;
  const std::int64_t panels_of_entry = panels(n, kRowPanel);
  stream.parallel_for(shape.batch * panels_of_entry, [&](std::int64_t task, int) {
    const std::int64_t entry = task / panels_of_entry;
    const std::int64_t first = task % panels_of_entry * kRowPanel;
    const std::int64_t rows = std::min(kRowPanel, n - first);
    const float* const x = a.as<float>() + (shape.share_a ? 0 : entry * k);
    const float* const w = b.as<float>() + ((shape.share_b ? 0 : entry * n) + first) * k;
    float* const y = c.as<float>() + entry * n + first;
    dot(x, w, rows, k, y);
    for (std::int64_t r = 0; shape.bias && r < rows; ++r) y[r] += bias.as<float>()[entry * n + first + r];
  });
}

}  // namespace triaxis::fast
#endif
