// gelu(x) = x / 2 (1 + tanh(u)) = x / (1 + e^-2u), u = sqrt(2 / pi) (x + 0.044715 x^3): the tanh form of Hendrycks &
// Gimpel 2016 with one exponential and no cancellation.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/gelu.cc"
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

constexpr float kTwiceScale = 1.5957691216f;  // 2 sqrt(2 / pi)
constexpr float kTwiceCubic = 0.044715f * 1.5957691216f;

/// e^-2u.
HWY_INLINE Float exp_negative_2u(Float x) {
  const Float negative_2u = hn::Mul(x, hn::NegMulAdd(hn::Mul(x, x), set(kTwiceCubic), set(-kTwiceScale)));
  return exp(hn::Min(set(87.0f), negative_2u));  // Bounded, so finite; in this order NaN stays NaN.
}

void gelu_forward_block(const float* x, float* y, std::int64_t n) {
  map(
      n, y, [](Float v) HWY_ATTR { return hn::Div(v, hn::Add(set(1.0f), exp_negative_2u(v))); }, x);
}

/// With e = e^-2u and g = 1 / (1 + e): gelu' = g + x (2u)' g (1 - g), and 1 - g = e g, which does not cancel.
void gelu_backward_block(const float* x, const float* dy, float* dx, std::int64_t n) {
  map(
      n, dx,
      [](Float v, Float gradient) HWY_ATTR {
        const Float e = exp_negative_2u(v);
        const Float g = hn::Div(set(1.0f), hn::Add(set(1.0f), e));
        const Float slope = hn::MulAdd(hn::Mul(v, v), set(3 * kTwiceCubic), set(kTwiceScale));
        return hn::Mul(gradient, hn::MulAdd(hn::Mul(v, slope), hn::Mul(hn::Mul(e, g), g), g));
      },
      x, dy);
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(gelu_forward_block);
HWY_EXPORT(gelu_backward_block);

void gelu_forward(Stream& stream, const View& x, const View& y) {
  const KernelScope scope(stream, "gelu_forward");
  const std::int64_t size = check_elementwise(DType::kF32, {x, y});
  const auto block = HWY_DYNAMIC_DISPATCH(gelu_forward_block);
  for_panels(stream, size, kElementBlock, [&](std::int64_t first, std::int64_t count) {
    block(x.as<float>() + first, y.as<float>() + first, count);
  });
}

void gelu_backward(Stream& stream, const View& x, const View& dy, const View& dx) {
  const KernelScope scope(stream, "gelu_backward");
  const std::int64_t size = check_elementwise(DType::kF32, {x, dy, dx});
  const auto block = HWY_DYNAMIC_DISPATCH(gelu_backward_block);
  for_panels(stream, size, kElementBlock, [&](std::int64_t first, std::int64_t count) {
    block(x.as<float>() + first, dy.as<float>() + first, dx.as<float>() + first, count);
  });
}

}  // namespace triaxis::fast
#endif
