// Residual sums and position embeddings, with dropout; and dropout backward.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/residual.cc"
#include "tensor/fast/targets.h"
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on
#include "tensor/fast/dropout-inl.h"
#include "tensor/fast/kernels.h"
#include "tensor/fast/panels.h"
#include "tensor/fast/simd-inl.h"
#include "tensor/kernel_checks.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {
namespace {

/// y = op(factor, x...) over one token's row, factor being its dropout.
template <class Op, class... Inputs>
HWY_INLINE void map_dropped(const Dropout& dropout, std::int64_t token, std::int64_t h, float* y, Op op,
                            const Inputs*... x) {
  const VectorDropout vectors(dropout);
  const TokenPlace place = token_place(*dropout.ids, token);
  alignas(64) std::uint32_t bits[VectorDropout::kChannels];
  for (std::int64_t first = 0; first < h; first += VectorDropout::kChannels) {
    vectors.bits(place, static_cast<std::uint32_t>(first), bits);
    const std::uint32_t* next = bits;
    map(
        std::min(VectorDropout::kChannels, h - first), y + first,
        [&](auto... values) HWY_ATTR {
          const Float factor = vectors.factor(hn::Load(Words(), next));
          next += kLanes;
          return op(factor, values...);
        },
        x + first...);
  }
}

void residual_row(const float* residual, const float* x, const float* bias, const Dropout& dropout, std::int64_t token,
                  std::int64_t h, float* y) {
  const auto sum = [](Float r, Float v) HWY_ATTR { return hn::Add(r, v); };
  const auto sum_bias = [](Float r, Float v, Float b) HWY_ATTR { return hn::Add(r, hn::Add(v, b)); };
  const auto drop = [](Float f, Float r, Float v) HWY_ATTR { return hn::Add(r, hn::Mul(v, f)); };
  const auto drop_bias = [](Float f, Float r, Float v, Float b)
                             HWY_ATTR { return hn::Add(r, hn::Mul(hn::Add(v, b), f)); };
  const bool dropping = dropout.probability > 0;
  if (!dropping && bias == nullptr) map(h, y, sum, residual, x);
  if (!dropping && bias != nullptr) map(h, y, sum_bias, residual, x, bias);
  if (dropping && bias == nullptr) map_dropped(dropout, token, h, y, drop, residual, x);
  if (dropping && bias != nullptr) map_dropped(dropout, token, h, y, drop_bias, residual, x, bias);
}

void position_row(const float* x, const float* position, const Dropout& dropout, std::int64_t token, std::int64_t h,
                  float* y) {
  if (dropout.probability > 0) {
    const auto drop = [](Float f, Float v, Float p) HWY_ATTR { return hn::Mul(hn::Add(v, p), f); };
    map_dropped(dropout, token, h, y, drop, x, position);
  } else {
    map(
        h, y, [](Float v, Float p) HWY_ATTR { return hn::Add(v, p); }, x, position);
  }
}

void dropout_row(const float* dy, const Dropout& dropout, std::int64_t token, std::int64_t h, float* dx) {
  map_dropped(
      dropout, token, h, dx, [](Float f, Float gradient) HWY_ATTR { return hn::Mul(gradient, f); }, dy);
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(residual_row);
HWY_EXPORT(position_row);
HWY_EXPORT(dropout_row);

void residual_forward(Stream& stream, const View& residual, const View& x, const View& bias, const Dropout& dropout,
                      const View& y) {
  const KernelScope scope(stream, "residual_forward");
  const auto [rows, h] = check_residual_forward(DType::kF32, residual, x, bias, dropout, y);
  const auto row = HWY_DYNAMIC_DISPATCH(residual_row);
  const float* bias_data = bias.empty() ? nullptr : bias.as<float>();
  for_panels(stream, rows, kRowPanel, [&, h = h](std::int64_t first, std::int64_t count) {
    for (std::int64_t t = first; t < first + count; ++t) {
      row(residual.as<float>() + t * h, x.as<float>() + t * h, bias_data, dropout, t, h, y.as<float>() + t * h);
    }
  });
}

void position_forward(Stream& stream, const View& x, const View& positions, const View& table, const Dropout& dropout,
                      const View& y) {
  const KernelScope scope(stream, "position_forward");
  const auto [rows, h] = check_position_forward(DType::kF32, x, positions, table, dropout, y);
  const auto row = HWY_DYNAMIC_DISPATCH(position_row);
  for_panels(stream, rows, kRowPanel, [&, h = h](std::int64_t first, std::int64_t count) {
    for (std::int64_t t = first; t < first + count; ++t) {
      const float* position = table.as<float>() + positions.as<std::int32_t>()[t] * h;
      row(x.as<float>() + t * h, position, dropout, t, h, y.as<float>() + t * h);
    }
  });
}

void dropout_backward(Stream& stream, const View& dy, const Dropout& dropout, const View& dx) {
  const KernelScope scope(stream, "dropout_backward");
  const auto [rows, h] = check_dropout_backward(DType::kF32, dy, dropout, dx);
  const auto row = HWY_DYNAMIC_DISPATCH(dropout_row);
  for_panels(stream, rows, kRowPanel, [&, h = h](std::int64_t first, std::int64_t count) {
    if (dropout.probability == 0) {
      std::copy_n(dy.as<float>() + first * h, count * h, dx.as<float>() + first * h);
      return;
    }
    for (std::int64_t t = first; t < first + count; ++t) {
      row(dy.as<float>() + t * h, dropout, t, h, dx.as<float>() + t * h);
    }
  });
}

}  // namespace triaxis::fast
#endif
