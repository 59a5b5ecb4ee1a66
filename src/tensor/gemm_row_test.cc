// The product of a single row: what tensor/fast/row_product.h adds to the promises of a plan.
#include <gtest/gtest.h>

#include <vector>

#include "tensor/fast/row_product.h"
#include "tensor/gemm_test_operands.h"
#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

GemmShape row_shape_of(std::int64_t batch, std::int64_t n, std::int64_t k, bool shared) {
  GemmShape shape{.batch = batch, .m = 1, .n = n, .k = k};
  shape.transpose_b = true;
  shape.share_a = shared;
  shape.bias = !shared;
  return shape;
}

template <typename T>
Outputs product(const Kernels& kernels, Stream& stream, GemmShape shape) {
  shape.dtype = dtype_of<T>();
  GemmOperands<T> operands(shape);
  operands.run(GemmPlan(kernels.gemm, stream, shape), stream);
  return {operands.c.begin(), operands.c.end()};
}

TEST(GemmRow, MatchesReferenceOverShapes) {
  for (const std::int64_t k : {1, 3, 15, 16, 17, 63, 64, 65, 100, 200, 768}) {
    for (const std::int64_t n : {1, 31, 32, 33, 100}) {
      const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
        return product<T>(kernels, stream, row_shape_of(2, n, k, k % 2 == 0));
      };
      check_kernel(run, 1e-5, fmt::format("{} x {}", n, k));
    }
  }
}

TEST(GemmRow, EntriesAreTheSameAlone) {
  Stream stream(2);
  const GemmShape together = row_shape_of(3, 70, 90, false);
  ASSERT_TRUE(fast::is_row_product(together));
  GemmOperands<float> all(together);
  all.run(GemmPlan(GemmEngine::kFast, stream, together), stream);
  const GemmShape single = row_shape_of(1, 70, 90, false);
  for (std::size_t entry = 0; entry < 3; ++entry) {
    GemmOperands<float> alone(single);
    const auto part = [entry](std::vector<float>& to, const std::vector<float>& from) {
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(entry * to.size()), to.size(), to.begin());
    };
    part(alone.a, all.a);
    part(alone.b, all.b);
    part(alone.bias, all.bias);
    alone.run(GemmPlan(GemmEngine::kFast, stream, single), stream);
    std::vector<float> expected(alone.c.size());
    part(expected, all.c);
    EXPECT_EQ(alone.c, expected) << "entry " << entry;
  }
}

}  // namespace
}  // namespace triaxis
