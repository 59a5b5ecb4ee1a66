// LayerNorm forward and its gradient for the input, row by row; the sums over tokens are in column_sums.cc.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/layernorm.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include <cmath>

#include "tensor/fast/kernels.h"
#include "tensor/fast/panels.h"
#include "tensor/fast/simd-inl.h"
#include "tensor/kernel_checks.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

void normalise_row(const float* x, const float* gamma, const float* beta, float eps, std::int64_t h, float* y,
                   float* mean, float* rstd) {
  *mean = sum_of_lanes(sum_map(
              h, [](Float v) HWY_ATTR { return v; }, x)) /
          static_cast<float>(h);
  const Float center = set(*mean);
  const auto square = [&](Float v) HWY_ATTR { return hn::Mul(hn::Sub(v, center), hn::Sub(v, center)); };
  const float variance = sum_of_lanes(sum_map(h, square, x)) / static_cast<float>(h);
  *rstd = 1.0f / std::sqrt(variance + eps);
  const Float scale = set(*rstd);
  map(
      h, y, [&](Float v, Float g, Float b) HWY_ATTR { return hn::MulAdd(hn::Mul(hn::Sub(v, center), scale), g, b); }, x,
      gamma, beta);
}

/// With g = dy gamma and n = (x - mean) rstd: dx = rstd (g - (sum g + n sum g n) / h) (+ residual).
void normalise_row_backward(const float* dy, const float* x, const float* gamma, float mean, float rstd,
                            const float* residual, std::int64_t h, float* dx) {
  const Float center = set(mean);
  const Float scale = set(rstd);
  const auto gradient = [](Float d, Float g) HWY_ATTR { return hn::Mul(d, g); };
  const auto projection = [&](Float d, Float g, Float v)
                              HWY_ATTR { return hn::Mul(hn::Mul(d, g), hn::Mul(hn::Sub(v, center), scale)); };
  const Float part = set(1.0f / static_cast<float>(h));
  const Float sum = hn::Mul(set(sum_of_lanes(sum_map(h, gradient, dy, gamma))), part);
  const Float projected = hn::Mul(set(sum_of_lanes(sum_map(h, projection, dy, gamma, x))), part);
  const auto inner = [&](Float d, Float g, Float v) HWY_ATTR {
    const Float normalised = hn::Mul(hn::Sub(v, center), scale);
    return hn::Mul(scale, hn::Sub(hn::Mul(d, g), hn::MulAdd(normalised, projected, sum)));
  };
  if (residual == nullptr) {
    map(h, dx, inner, dy, gamma, x);
  } else {
    const auto outer = [&](Float d, Float g, Float v, Float r) HWY_ATTR { return hn::Add(r, inner(d, g, v)); };
    map(h, dx, outer, dy, gamma, x, residual);
  }
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(normalise_row);
HWY_EXPORT(normalise_row_backward);

void layernorm_forward(Stream& stream, const View& x, const View& gamma, const View& beta, double eps, const View& y,
                       const View& mean, const View& rstd) {
  const KernelScope scope(stream, "layernorm_forward");
  const auto [rows, h] = check_layernorm_forward(DType::kF32, x, gamma, beta, y, mean, rstd);
  const auto row = HWY_DYNAMIC_DISPATCH(normalise_row);
  for_panels(stream, rows, kRowPanel, [&, h = h](std::int64_t first, std::int64_t count) {
    for (std::int64_t t = first; t < first + count; ++t) {
      row(x.as<float>() + t * h, gamma.as<float>(), beta.as<float>(), static_cast<float>(eps), h, y.as<float>() + t * h,
          mean.as<float>() + t, rstd.as<float>() + t);
    }
  });
}

void layernorm_backward_input(Stream& stream, const View& dy, const View& x, const View& gamma, const View& mean,
                              const View& rstd, const View& residual, const View& dx) {
  const KernelScope scope(stream, "layernorm_backward_input");
  const auto [rows, h] = check_layernorm_backward_input(DType::kF32, dy, x, gamma, mean, rstd, residual, dx);
  const auto row = HWY_DYNAMIC_DISPATCH(normalise_row_backward);
  for_panels(stream, rows, kRowPanel, [&, h = h](std::int64_t first, std::int64_t count) {
    for (std::int64_t t = first; t < first + count; ++t) {
      row(dy.as<float>() + t * h, x.as<float>() + t * h, gamma.as<float>(), mean.as<float>()[t], rstd.as<float>()[t],
          residual.empty() ? nullptr : residual.as<float>() + t * h, h, dx.as<float>() + t * h);
    }
  });
}

}  // namespace triaxis::fast
#endif
