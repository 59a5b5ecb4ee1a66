// The update of parameters, the checks on gradients, and the start of weights.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/optimizer.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include <array>
#include <atomic>
#include <cmath>
#include <span>

#include "tensor/fast/kernels.h"
#include "tensor/fast/panels.h"
#include "tensor/fast/simd-inl.h"
#include "tensor/kernel_checks.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

void adamw_block(const AdamStep& step, const float* gradient, float* weight, float* moment1, float* moment2,
                 std::int64_t n) {
  const auto number = [](double value) HWY_ATTR { return set(static_cast<float>(value)); };
  const auto steps = static_cast<double>(step.step);
  const Float correct1 = number(1 / (1 - std::pow(step.beta1, steps)));
  const Float correct2 = number(1 / (1 - std::pow(step.beta2, steps)));
  const auto update = [&](std::int64_t i, auto read, auto write) HWY_ATTR {
    const Float g = hn::Mul(read(gradient + i), number(step.gradient_scale));
    const Float w = read(weight + i);
    const Float m = hn::MulAdd(number(step.beta1), read(moment1 + i), hn::Mul(number(1 - step.beta1), g));
    const Float v = hn::MulAdd(number(step.beta2), read(moment2 + i), hn::Mul(hn::Mul(number(1 - step.beta2), g), g));
    const Float deviation = hn::Add(hn::Sqrt(hn::Mul(v, correct2)), number(step.eps));
    const Float direction = hn::Div(hn::Mul(m, correct1), deviation);
    write(m, moment1 + i);
    write(v, moment2 + i);
    write(hn::NegMulAdd(number(step.lr), hn::MulAdd(number(step.weight_decay), w, direction), w), weight + i);
  };
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    update(
        i, [](const float* from) HWY_ATTR { return load(from); },
        [](Float value, float* to) HWY_ATTR { store(value, to); });
  }
  if (i == n) return;
  const std::int64_t count = n - i;
  update(
      i, [&](const float* from) HWY_ATTR { return load(from, count); },
      [&](Float value, float* to) HWY_ATTR { store(value, to, count); });
}

/// The sum of the squares of n floats, in double.
double block_sum_of_squares(const float* x, std::int64_t n) {
  const hn::CappedTag<double, 8> doubles;
  const hn::Rebind<float, decltype(doubles)> halves;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(doubles));
  auto sum0 = hn::Zero(doubles), sum1 = sum0;
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto v0 = hn::PromoteTo(doubles, hn::LoadU(halves, x + i));
    const auto v1 = hn::PromoteTo(doubles, hn::LoadU(halves, x + i + lanes));
    sum0 = hn::MulAdd(v0, v0, sum0);
    sum1 = hn::MulAdd(v1, v1, sum1);
  }
  double sum = hn::GetLane(hn::SumOfLanes(doubles, hn::Add(sum0, sum1)));
  for (; i < n; ++i) sum += double{x[i]} * double{x[i]};
  return sum;
}

bool block_all_finite(const float* x, std::int64_t n) {
  // 0 * x is 0 if x is finite, else NaN.
  return sum_of_lanes(sum_map(
             n, [](Float v) HWY_ATTR { return hn::Mul(v, hn::Zero(Floats())); }, x)) == 0.0f;
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(adamw_block);
HWY_EXPORT(block_sum_of_squares);
HWY_EXPORT(block_all_finite);

void adamw(Stream& stream, const AdamStep& step, const View& gradient, const View& weight, const View& moment1,
           const View& moment2) {
  const KernelScope scope(stream, "adamw");
  const std::int64_t size = check_elementwise(DType::kF32, {gradient, weight, moment1, moment2});
  const auto block = HWY_DYNAMIC_DISPATCH(adamw_block);
  for_panels(stream, size, kElementBlock, [&](std::int64_t first, std::int64_t n) {
    block(step, gradient.as<float>() + first, weight.as<float>() + first, moment1.as<float>() + first,
          moment2.as<float>() + first, n);
  });
}

void sum_of_squares(Stream& stream, const View& x, const View& sum) {
  const KernelScope scope(stream, "sum_of_squares");
  check_sum_of_squares(DType::kF32, x, sum);
  const auto block = HWY_DYNAMIC_DISPATCH(block_sum_of_squares);
  std::array<double, 256> sums;  // of one wave of blocks
  constexpr auto kWave = static_cast<std::int64_t>(sums.size()) * kElementBlock;
  double total = 0;
  for (std::int64_t wave = 0; wave < x.size(); wave += kWave) {
    const std::int64_t end = std::min(x.size(), wave + kWave);
    for_panels(stream, end - wave, kElementBlock, [&](std::int64_t first, std::int64_t n) {
      sums[static_cast<std::size_t>(first / kElementBlock)] = block(x.as<float>() + wave + first, n);
    });
    const auto blocks = static_cast<std::size_t>(panels(end - wave, kElementBlock));
    for (const double of_block : std::span(sums).first(blocks)) total += of_block;
  }
  sum.as<double>()[0] = total;
}

bool all_finite(Stream& stream, const View& x) {
  const KernelScope scope(stream, "all_finite");
  check_dtype(x, DType::kF32);
  const auto block = HWY_DYNAMIC_DISPATCH(block_all_finite);
  std::atomic<bool> finite = true;
  for_panels(stream, x.size(), kElementBlock, [&](std::int64_t first, std::int64_t n) {
    if (!block(x.as<float>() + first, n)) finite = false;
  });
  return finite;
}

void fill_normal(Stream& stream, const View& y, RandomKey key, double deviation, const BlockOrigin& origin) {
  const KernelScope scope(stream, "fill_normal");
  const auto [rows, columns] = check_fill_normal(DType::kF32, y, origin);
  const std::int64_t row_panels = panels(columns, kElementBlock);
  stream.parallel_for(rows * row_panels, [&, columns = columns](std::int64_t i, int) {
    const std::int64_t row = i / row_panels;
    const std::int64_t c = i % row_panels * kElementBlock;
    const std::int64_t first = (origin.first_row + row) * origin.columns + origin.first_column + c;
    const std::int64_t n = std::min(kElementBlock, columns - c);
    triaxis::fill_normal(key, static_cast<std::uint64_t>(first), deviation,
                         std::span(y.as<float>() + row * columns + c, static_cast<std::size_t>(n)));
  });
}

}  // namespace triaxis::fast
#endif
