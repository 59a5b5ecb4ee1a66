// Cross-entropy over a vocabulary cut into shards: three passes over the logits, each near the speed of memory.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/cross_entropy.cc"
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

/// The largest of n logits, -infinity if there are none.
float row_max(const float* x, std::int64_t n) {
  const Float least = set(-std::numeric_limits<float>::infinity());
  Float max0 = least, max1 = least;
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    max0 = larger(max0, load(x + i));
    max1 = larger(max1, load(x + i + kLanes));
  }
  for (; i < n; i += kLanes) {
    const std::int64_t count = std::min(kLanes, n - i);
    const FloatMask inside = hn::FirstN(Floats(), static_cast<std::size_t>(count));
    max0 = larger(max0, hn::IfThenElse(inside, load(x + i, count), least));
  }
  return largest_lane(larger(max0, max1));
}

/// The sum of exp(x - max).
float row_exp_sum(const float* x, std::int64_t n, float max) {
  const Float shift = set(max);
  return sum_of_lanes(sum_map(
      n, [&](Float v) HWY_ATTR { return exp(hn::Sub(v, shift)); }, x));
}

/// x becomes scale * exp(x - lse).
void row_softmax(float* x, std::int64_t n, float lse, float scale) {
  const Float shift = set(lse);
  const Float factor = set(scale);
  map(
      n, x, [&](Float v) HWY_ATTR { return hn::Mul(exp(hn::Sub(v, shift)), factor); }, static_cast<const float*>(x));
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(row_max);
HWY_EXPORT(row_exp_sum);
HWY_EXPORT(row_softmax);

namespace {

/// Rows of a task: each is a vocabulary long.
constexpr std::int64_t kLogitsPanel = 8;

}  // namespace

void cross_entropy_max(Stream& stream, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max) {
  const KernelScope scope(stream, "cross_entropy_max");
  const LogitsShape shape = check_cross_entropy_max(DType::kF32, logits, first_id, vocab, max);
  const auto largest = HWY_DYNAMIC_DISPATCH(row_max);
  for_panels(stream, shape.tokens, kLogitsPanel, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t t = first; t < first + count; ++t) {
      float result = -std::numeric_limits<float>::infinity();
      for (std::int64_t s = 0; s < shape.shards; ++s) {
        const float of_shard = largest(logits.as<float>() + (s * shape.tokens + t) * shape.width, shape.valid(s));
        result = std::isnan(result) || result > of_shard ? result : of_shard;
      }
      max.as<float>()[t] = result;
    }
  });
}

void cross_entropy_sums(Stream& stream, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max,
                        const View& targets, const View& partial) {
  const KernelScope scope(stream, "cross_entropy_sums");
  const LogitsShape shape = check_cross_entropy_sums(DType::kF32, logits, first_id, vocab, max, targets, partial);
  const auto exp_sum = HWY_DYNAMIC_DISPATCH(row_exp_sum);
  for_panels(stream, shape.shards * shape.tokens, kLogitsPanel, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      const std::int64_t s = row / shape.tokens;
      const std::int64_t t = row % shape.tokens;
      const float* x = logits.as<float>() + row * shape.width;
      const std::int64_t target = shape.column(s, targets.as<std::int32_t>()[t]);
      float* to = partial.as<float>() + 2 * s * shape.tokens + t;
      to[0] = exp_sum(x, shape.valid(s), max.as<float>()[t]);
      to[shape.tokens] = target >= 0 ? x[target] : 0.0f;
    }
  });
}

void cross_entropy_loss(Stream& stream, const View& sums, const View& max, const View& lse, const View& losses) {
  const KernelScope scope(stream, "cross_entropy_loss");
  const auto [sequences, seq] = check_cross_entropy_loss(DType::kF32, sums, max, lse, losses);
  stream.parallel_for(sequences, [&, seq = seq](std::int64_t b, int) {
    double loss = 0;
    for (std::int64_t t = b * seq; t < (b + 1) * seq; ++t) {
      const double log_sum = double{max.as<float>()[t]} + std::log(double{sums.as<float>()[t]});
      lse.as<float>()[t] = static_cast<float>(log_sum);
      loss += log_sum - double{sums.as<float>()[max.size() + t]};
    }
    losses.as<double>()[b] = loss;
  });
}

void cross_entropy_backward(Stream& stream, const View& logits, std::int64_t first_id, std::int64_t vocab,
                            const View& lse, const View& targets, double scale) {
  const KernelScope scope(stream, "cross_entropy_backward");
  const LogitsShape shape = check_cross_entropy_backward(DType::kF32, logits, first_id, vocab, lse, targets);
  const auto softmax = HWY_DYNAMIC_DISPATCH(row_softmax);
  const auto factor = static_cast<float>(scale);
  for_panels(stream, shape.shards * shape.tokens, kLogitsPanel, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      const std::int64_t s = row / shape.tokens;
      const std::int64_t t = row % shape.tokens;
      const std::int64_t valid = shape.valid(s);
      const std::int64_t target = shape.column(s, targets.as<std::int32_t>()[t]);
      float* x = logits.as<float>() + row * shape.width;
      softmax(x, valid, lse.as<float>()[t], factor);
      if (target >= 0) x[target] -= factor;
      std::fill(x + valid, x + shape.width, 0.0f);
    }
  });
}

}  // namespace triaxis::fast
#endif
