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

/// The dot product of x and w [k]: four sums side by side, so that none waits for its last addition.
HWY_INLINE float dot(const float* x, const float* w, std::int64_t k) {
  Float sum[4];
  for (Float& s : sum) s = hn::Zero(Floats());
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= k; i += 4 * kLanes) {
    for (int s = 0; s < 4; ++s) sum[s] = hn::MulAdd(load(w + i + s * kLanes), load(x + i + s * kLanes), sum[s]);
  }
  for (; i + kLanes <= k; i += kLanes) sum[0] = hn::MulAdd(load(w + i), load(x + i), sum[0]);
  if (i < k) sum[1] = hn::MulAdd(load(w + i, k - i), load(x + i, k - i), sum[1]);
  return sum_of_lanes(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])));
}

/// y [rows] = w [rows, k] x. One row after the other, so that memory is read from one end to the other: measured, at
/// twice the rate of four rows at once.
void dot_panel(const float* x, const float* w, std::int64_t rows, std::int64_t k, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) y[r] = dot(x, w + r * k, k);
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
