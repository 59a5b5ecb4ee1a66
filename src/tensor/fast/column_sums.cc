// Gradients that are sums over tokens, column by column. A column's sum runs over blocks of rows in order, each block's
// rows in order: a shape that neither threads nor the width of vectors change, and whose rounding error stays small.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/column_sums.cc"
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

constexpr std::int64_t kRowBlock = 64;

/// sum[k] += the sum over rows of terms(row)[k], for kSums vectors k at a time.
template <int kSums, class Terms>
HWY_INLINE void sum_rows(std::int64_t rows, Float* sum, Terms terms) {
  for (std::int64_t first = 0; first < rows; first += kRowBlock) {
    Float block[kSums];
    for (int k = 0; k < kSums; ++k) block[k] = hn::Zero(Floats());
    const std::int64_t end = std::min(rows, first + kRowBlock);
    for (std::int64_t row = first; row < end; ++row) terms(row, block);
    for (int k = 0; k < kSums; ++k) sum[k] = hn::Add(sum[k], block[k]);
  }
}

constexpr int kVectors = 4;

/// dbias[c] += the sum over rows of dy[row * stride + c], c in [0, columns).
void bias_columns(const float* dy, std::int64_t rows, std::int64_t stride, std::int64_t columns, float* dbias) {
  std::int64_t c = 0;
  for (; c + kVectors * kLanes <= columns; c += kVectors * kLanes) {
    Float sum[kVectors];
    for (int k = 0; k < kVectors; ++k) sum[k] = hn::Zero(Floats());
    sum_rows<kVectors>(rows, sum, [&](std::int64_t row, Float* block) HWY_ATTR {
      const float* from = dy + row * stride + c;
      for (int k = 0; k < kVectors; ++k) block[k] = hn::Add(block[k], load(from + k * kLanes));
    });
    for (int k = 0; k < kVectors; ++k) {
      float* to = dbias + c + k * kLanes;
      store(hn::Add(load(to), sum[k]), to);
    }
  }
  for (; c < columns; c += kLanes) {
    const std::int64_t count = std::min(kLanes, columns - c);
    Float sum = hn::Zero(Floats());
    sum_rows<1>(rows, &sum, [&](std::int64_t row, Float* block) HWY_ATTR {
      block[0] = hn::Add(block[0], load(dy + row * stride + c, count));
    });
    store(hn::Add(load(dbias + c, count), sum), dbias + c, count);
  }
}

/// dgamma[c] += the sum over rows of dy (x - mean) rstd, dbeta[c] += that of dy.
void layernorm_columns(const float* dy, const float* x, const float* mean, const float* rstd, std::int64_t rows,
                       std::int64_t stride, std::int64_t columns, float* dgamma, float* dbeta) {
  std::int64_t c = 0;
  constexpr int kPairs = kVectors / 2;
  for (; c + kPairs * kLanes <= columns; c += kPairs * kLanes) {
    Float sum[2 * kPairs];
    for (Float& s : sum) s = hn::Zero(Floats());
    sum_rows<2 * kPairs>(rows, sum, [&](std::int64_t row, Float* block) HWY_ATTR {
      const Float center = set(mean[row]);
      const Float scale = set(rstd[row]);
      for (int k = 0; k < kPairs; ++k) {
        const std::int64_t i = row * stride + c + k * kLanes;
        const Float gradient = load(dy + i);
        block[2 * k] = hn::MulAdd(gradient, hn::Mul(hn::Sub(load(x + i), center), scale), block[2 * k]);
        block[2 * k + 1] = hn::Add(block[2 * k + 1], gradient);
      }
    });
    for (int k = 0; k < kPairs; ++k) {
      const std::int64_t i = c + k * kLanes;
      store(hn::Add(load(dgamma + i), sum[2 * k]), dgamma + i);
      store(hn::Add(load(dbeta + i), sum[2 * k + 1]), dbeta + i);
    }
  }
  for (; c < columns; c += kLanes) {
    const std::int64_t count = std::min(kLanes, columns - c);
    Float sum[2] = {hn::Zero(Floats()), hn::Zero(Floats())};
    sum_rows<2>(rows, sum, [&](std::int64_t row, Float* block) HWY_ATTR {
      const std::int64_t i = row * stride + c;
      const Float gradient = load(dy + i, count);
      const Float normalised = hn::Mul(hn::Sub(load(x + i, count), set(mean[row])), set(rstd[row]));
      block[0] = hn::MulAdd(gradient, normalised, block[0]);
      block[1] = hn::Add(block[1], gradient);
    });
    store(hn::Add(load(dgamma + c, count), sum[0]), dgamma + c, count);
    store(hn::Add(load(dbeta + c, count), sum[1]), dbeta + c, count);
  }
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(bias_columns);
HWY_EXPORT(layernorm_columns);

void bias_backward(Stream& stream, const View& dy, const View& dbias) {
  const KernelScope scope(stream, "bias_backward");
  const auto [tokens, n] = check_bias_backward(DType::kF32, dy, dbias);
  const std::int64_t shard_panels = panels(n, kColumnPanel);
  const auto sum = HWY_DYNAMIC_DISPATCH(bias_columns);
  stream.parallel_for(dy.dim(0) * shard_panels, [&, tokens = tokens, n = n](std::int64_t i, int) {
    const std::int64_t shard = i / shard_panels;
    const std::int64_t c = i % shard_panels * kColumnPanel;
    sum(dy.as<float>() + shard * tokens * n + c, tokens, n, std::min(kColumnPanel, n - c),
        dbias.as<float>() + shard * n + c);
  });
}

void layernorm_backward_weight(Stream& stream, const View& dy, const View& x, const View& mean, const View& rstd,
                               const View& dgamma, const View& dbeta) {
  const KernelScope scope(stream, "layernorm_backward_weight");
  const auto [tokens, h] = check_layernorm_backward_weight(DType::kF32, dy, x, mean, rstd, dgamma, dbeta);
  const auto sum = HWY_DYNAMIC_DISPATCH(layernorm_columns);
  for_panels(stream, h, kColumnPanel, [&, tokens = tokens, h = h](std::int64_t c, std::int64_t count) {
    sum(dy.as<float>() + c, x.as<float>() + c, mean.as<float>(), rstd.as<float>(), tokens, h, count,
        dgamma.as<float>() + c, dbeta.as<float>() + c);
  });
}

}  // namespace triaxis::fast
#endif
