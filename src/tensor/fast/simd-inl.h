// What the SIMD kernels share, compiled once for each instruction set. A lane's result never depends on which lane it
// is nor on whether its vector is full: the ends of loops run the same instructions on padded vectors.
#if defined(TRIAXIS_TENSOR_FAST_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRIAXIS_TENSOR_FAST_SIMD_INL_H_
#undef TRIAXIS_TENSOR_FAST_SIMD_INL_H_
#else
#define TRIAXIS_TENSOR_FAST_SIMD_INL_H_
#endif

#include <cstdint>
#include <cstring>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of at most 16 floats, the most of AVX-512.
using Floats = hn::CappedTag<float, 16>;
using Ints = hn::RebindToSigned<Floats>;
using Words = hn::RebindToUnsigned<Floats>;
using Float = hn::Vec<Floats>;
using Int = hn::Vec<Ints>;
using Word = hn::Vec<Words>;
using FloatMask = hn::Mask<Floats>;

constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(Floats()));

HWY_INLINE Float set(float value) { return hn::Set(Floats(), value); }
HWY_INLINE Float load(const float* from) { return hn::LoadU(Floats(), from); }
HWY_INLINE void store(Float value, float* to) { hn::StoreU(value, Floats(), to); }

/// The first `count` lanes from memory, the others 0.
HWY_INLINE Float load(const float* from, std::int64_t count) {
  alignas(64) float lanes[kLanes] = {};
  std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(float));
  return hn::Load(Floats(), lanes);
}

/// The first `count` lanes to memory.
HWY_INLINE void store(Float value, float* to, std::int64_t count) {
  alignas(64) float lanes[kLanes];
  hn::Store(value, Floats(), lanes);
  std::memcpy(to, lanes, static_cast<std::size_t>(count) * sizeof(float));
}

/// y[i] = op(x[i]...) for i in [0, n).
template <class Op, class... Inputs>
HWY_INLINE void map(std::int64_t n, float* y, Op op, const Inputs*... x) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(op(load(x + i)...), y + i);
  if (i < n) store(op(load(x + i, n - i)...), y + i, n - i);
}

/// The sum of op(x[i]...) for i in [0, n), lane by lane, in an order that n alone fixes.
template <class Op, class... Inputs>
HWY_INLINE Float sum_map(std::int64_t n, Op op, const Inputs*... x) {
  Float sum0 = hn::Zero(Floats()), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    sum0 = hn::Add(sum0, op(load(x + i)...));
    sum1 = hn::Add(sum1, op(load(x + i + kLanes)...));
    sum2 = hn::Add(sum2, op(load(x + i + 2 * kLanes)...));
    sum3 = hn::Add(sum3, op(load(x + i + 3 * kLanes)...));
  }
  for (; i + kLanes <= n; i += kLanes) sum0 = hn::Add(sum0, op(load(x + i)...));
  if (i < n) {
    const FloatMask inside = hn::FirstN(Floats(), static_cast<std::size_t>(n - i));
    sum1 = hn::Add(sum1, hn::IfThenElseZero(inside, op(load(x + i, n - i)...)));
  }
  return hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
}

/// The larger, or NaN if one is.
HWY_INLINE Float larger(Float a, Float b) {
  const Float larger = hn::IfThenElse(hn::Gt(a, b), a, b);  // b where one is NaN
  return hn::IfThenElse(hn::IsNaN(a), a, larger);
}

/// The largest lane, or NaN if one is.
HWY_INLINE float largest_lane(Float value) {
  alignas(64) float lanes[kLanes];
  hn::Store(value, Floats(), lanes);
  float largest = lanes[0];
  for (const float lane : lanes) largest = largest != largest || largest > lane ? largest : lane;
  return largest;
}

/// The sum of the lanes.
HWY_INLINE float sum_of_lanes(Float value) { return hn::GetLane(hn::SumOfLanes(Floats(), value)); }

/// e^x to about an ulp, for x <= 88; 0 below -87.7; NaN for NaN. With x = n ln 2 + r, |r| <= ln 2 / 2 (Cody & Waite
/// 1980): 2^n e^r, e^r by the polynomial of degree 6 whose largest relative error is least, 5e-9.
HWY_INLINE Float exp(Float x) {
  const Float bounded = hn::Max(set(-88.0f), x);  // In this order NaN stays NaN.
  // A number so large that its last bit counts 1: adding it rounds, and leaves 127 + n in the lowest bits.
  const Float shift = set(0x1.8p23f + 127.0f);
  const Float shifted = hn::MulAdd(bounded, set(1.44269504f), shift);
  const Float n = hn::Sub(shifted, shift);
  const Float r = hn::NegMulAdd(n, set(-2.12194440e-4f), hn::NegMulAdd(n, set(0.693359375f), bounded));
  Float p = hn::MulAdd(r, set(1.3839337043e-3f), set(8.3687696606e-3f));
  p = hn::MulAdd(p, r, set(4.1667975485e-2f));
  p = hn::MulAdd(p, r, set(1.6666521132e-1f));
  p = hn::MulAdd(p, r, set(4.9999994040e-1f));
  p = hn::MulAdd(p, r, set(1.0f));
  p = hn::MulAdd(p, r, set(1.0f));
  const Float power = hn::BitCast(Floats(), hn::ShiftLeft<23>(hn::BitCast(Ints(), shifted)));  // 2^-127 comes out as 0.
  return hn::Mul(p, power);
}

}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
