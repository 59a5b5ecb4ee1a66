// Token embeddings. The gradient is added in token order, so tasks are panels of columns: no two touch one element.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/fast/embedding.cc"
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

/// y = row, without -0.
void copy_row(const float* row, std::int64_t h, float* y) {
  map(
      h, y, [](Float v) HWY_ATTR { return hn::Add(v, hn::Zero(Floats())); }, row);
}

/// y += x.
void add_row(const float* x, std::int64_t n, float* y) {
  map(
      n, y, [](Float u, Float v) HWY_ATTR { return hn::Add(u, v); }, static_cast<const float*>(y), x);
}

}  // namespace
}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace triaxis::fast {

HWY_EXPORT(copy_row);
HWY_EXPORT(add_row);

void embedding_forward(Stream& stream, const View& ids, const View& table, std::int64_t first_id, const View& y) {
  const KernelScope scope(stream, "embedding_forward");
  const auto [tokens, h] = check_embedding_forward(DType::kF32, ids, table, y);
  const std::int64_t rows = table.dim(0) * table.dim(1);
  const auto copy = HWY_DYNAMIC_DISPATCH(copy_row);
  for_panels(stream, tokens, kRowPanel, [&, h = h](std::int64_t first, std::int64_t count) {
    for (std::int64_t t = first; t < first + count; ++t) {
      const std::int64_t row = ids.as<std::int32_t>()[t] - first_id;
      float* to = y.as<float>() + t * h;
      if (row >= 0 && row < rows) {
        copy(table.as<float>() + row * h, h, to);
      } else {
        std::fill_n(to, h, 0.0f);
      }
    }
  });
}

void embedding_backward(Stream& stream, const View& ids, const View& dy, std::int64_t first_id, const View& dtable) {
  const KernelScope scope(stream, "embedding_backward");
  const auto [tokens, h] = check_embedding_backward(DType::kF32, ids, dy, dtable);
  const std::int64_t rows = dtable.size() / h;
  const auto add = HWY_DYNAMIC_DISPATCH(add_row);
  for_panels(stream, h, kColumnPanel, [&, tokens = tokens, h = h](std::int64_t c, std::int64_t count) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      const std::int64_t row = ids.as<std::int32_t>()[t] - first_id;
      if (row < 0 || row >= rows) continue;
      add(dy.as<float>() + t * h + c, count, dtable.as<float>() + row * h + c);
    }
  });
}

}  // namespace triaxis::fast
#endif
