#include "tensor/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensor/gemm_test_operands.h"

namespace triaxis {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Every combination of the seven flags.
std::vector<GemmShape> all_flags(GemmShape shape) {
  std::vector<GemmShape> shapes;
  for (int flags = 0; flags < 128; ++flags) {
    bool* const fields[] = {&shape.transpose_a, &shape.transpose_b, &shape.share_a, &shape.share_b,
                            &shape.accumulate,  &shape.bias,        &shape.pack_b};
    for (int i = 0; i < 7; ++i) *fields[i] = (flags >> i & 1) != 0;
    shapes.push_back(shape);
  }
  return shapes;
}

/// The largest difference from the reference in double, in units of a generous bound on the rounding of k products.
double error_of(GemmEngine engine, Stream& stream, const GemmShape& shape) {
  GemmOperands<float> operands(shape);
  operands.run(GemmPlan(engine, stream, shape), stream);
  GemmShape exact_shape = shape;
  exact_shape.dtype = DType::kF64;
  GemmOperands<double> exact(exact_shape);
  exact.run(GemmPlan(GemmEngine::kReference, stream, exact_shape), stream);
  double worst = 0;
  for (std::size_t i = 0; i < exact.c.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(operands.c[i]) - exact.c[i]));
  }
  return worst / (1e-7 * static_cast<double>(10 + shape.k));
}

TEST(Gemm, ReferenceIsTheDefinition) {
  Stream stream(1);
  GemmShape shape{.m = 2, .n = 2, .k = 3, .bias = true, .dtype = DType::kF64};
  std::array<double, 6> a = {1, 2, 3, 4, 5, 6};
  std::array<double, 6> b = {1, 0, 0, 1, 2, 3};
  std::array<double, 2> bias = {100, 200};
  std::array<double, 4> c = {1000, 1000, 1000, 1000};
  const auto run = [&](std::int64_t a_rows, std::int64_t a_columns, std::int64_t b_rows, std::int64_t b_columns) {
    GemmPlan(GemmEngine::kReference, stream, shape)
        .run(stream, View(a.data(), DType::kF64, {a_rows, a_columns}), View(b.data(), DType::kF64, {b_rows, b_columns}),
             shape.bias ? View(bias.data(), DType::kF64, {1, 2}) : View(), View(c.data(), DType::kF64, {2, 2}));
  };
  run(2, 3, 3, 2);
  EXPECT_THAT(c, testing::ElementsAre(107, 211, 116, 223));
  shape.bias = false;
  shape.accumulate = true;
  shape.transpose_a = true;  // a is [[1, 2], [3, 4], [5, 6]].
  shape.transpose_b = true;  // b is [[1, 0, 0], [1, 2, 3]].
  run(3, 2, 2, 3);
  EXPECT_THAT(c, testing::ElementsAre(107 + 1, 211 + 22, 116 + 2, 223 + 28));
}

TEST(Gemm, FastAgreesWithReferenceForAllFlags) {
  Stream stream(2);
  // One panel of one piece; then two of m, of n, of k; a single row.
  for (const GemmShape& base :
       {GemmShape{.batch = 2, .m = 33, .n = 47, .k = 65}, GemmShape{.batch = 2, .m = 200, .n = 20, .k = 30},
        GemmShape{.batch = 2, .m = 20, .n = 290, .k = 30}, GemmShape{.batch = 2, .m = 20, .n = 30, .k = 1540},
        GemmShape{.batch = 2, .m = 1, .n = 300, .k = 70}}) {
    for (const GemmShape& shape : all_flags(base)) {
      ASSERT_LT(error_of(GemmEngine::kFast, stream, shape), 1) << describe(shape);
    }
  }
}

TEST(Gemm, FastAgreesWithReferenceForManyShapes) {
  Stream stream(2);
  for (const std::int64_t m : {1, 2, 17, 192}) {
    for (const std::int64_t n : {1, 3, 64, 287, 288}) {
      for (const std::int64_t k : {1, 5, 64, 300}) {
        const GemmShape forward{.m = m, .n = n, .k = k, .transpose_b = true, .pack_b = true};
        ASSERT_LT(error_of(GemmEngine::kFast, stream, forward), 1) << describe(forward);
        const GemmShape weight_gradient{.m = m, .n = n, .k = k, .transpose_a = true, .accumulate = true};
        ASSERT_LT(error_of(GemmEngine::kFast, stream, weight_gradient), 1) << describe(weight_gradient);
      }
    }
  }
}

TEST(Gemm, FastAgreesWithReferenceForManyPanels) {
  Stream stream(2);
  GemmShape shape{.m = 200, .n = 290, .k = 1540, .accumulate = true};
  for (const bool transpose_a : {false, true}) {
    shape.transpose_a = transpose_a;
    shape.pack_b = shape.bias = !transpose_a;
    EXPECT_LT(error_of(GemmEngine::kFast, stream, shape), 1) << describe(shape);
  }
}

TEST(Gemm, FloatReferenceAgreesWithDouble) {
  Stream stream(2);
  for (const GemmShape& shape : all_flags({.batch = 2, .m = 9, .n = 20, .k = 100})) {
    ASSERT_LT(error_of(GemmEngine::kReference, stream, shape), 1) << describe(shape);
  }
}

TEST(Gemm, LeavesOutTheBatchOfOne) {
  Stream stream(1);
  const GemmShape shape{.m = 4, .n = 6, .k = 8, .bias = true};
  const GemmPlan plan(GemmEngine::kFast, stream, shape);
  GemmOperands<float> batched(shape);
  batched.run(plan, stream);
  GemmOperands<float> plain(shape);
  plan.run(stream, plain.view_of_a()[0], plain.view_of_b()[0], plain.view_of_bias()[0], plain.view_of_c()[0]);
  EXPECT_EQ(plain.c, batched.c);
}

TEST(Gemm, SizesThePackedFormExactly) {
  Stream stream(1);
  const GemmShape shape{.batch = 3, .m = 64, .n = 768, .k = 128, .pack_b = true};
  const GemmPlan plan(GemmEngine::kFast, stream, shape);
  EXPECT_EQ(plan.packed_bytes() % (3 * 64), 0u);
  EXPECT_GE(plan.packed_bytes(), 3u * 768 * 128 * 4);
  EXPECT_EQ(GemmPlan(GemmEngine::kReference, stream, shape).packed_bytes(), 3u * 768 * 128 * 4);
  GemmShape shared = shape;
  shared.share_b = true;
  EXPECT_EQ(GemmPlan(GemmEngine::kFast, stream, shared).packed_bytes() * 3, plan.packed_bytes());
  EXPECT_EQ(GemmPlan(GemmEngine::kFast, stream, {.m = 1, .n = 1, .k = 1}).packed_bytes(), 0u);

  // Not a byte behind it is written.
  std::vector<float> packed(plan.packed_bytes() / 4 + 16, -7.0F);
  GemmOperands<float> operands(shape);
  plan.pack(stream, operands.view_of_b(),
            View(packed.data(), DType::kF32, {static_cast<std::int64_t>(packed.size()) - 16}));
  EXPECT_TRUE(std::all_of(packed.end() - 16, packed.end(), [](float x) { return x == -7.0F; }));
}

TEST(Gemm, RefusesWhatWasNotPlanned) {
  Stream stream(1);
  const GemmShape shape{.batch = 2, .m = 4, .n = 6, .k = 8};
  const GemmPlan plan(GemmEngine::kFast, stream, shape);
  GemmOperands<float> x(shape);
  const View a = x.view_of_a();
  const View b = x.view_of_b();
  const View c = x.view_of_c();
  EXPECT_NO_THROW(plan.run(stream, a, b, View(), c));
  EXPECT_THAT(
      [&] {
        plan.run(stream, a.reshape({2, 8, 4}), b, View(), c);
      },
      ThrowsMessage<std::logic_error>(HasSubstr("gemm: a is [2, 8, 4] f32, not [2, 4, 8]")));
  EXPECT_THROW(plan.run(stream, a, b.reshape({8, 12}), View(), c), std::logic_error);
  EXPECT_THROW(plan.run(stream, a, b, View(), c.rows(0, 1)), std::logic_error);
  EXPECT_THROW(plan.run(stream, View(), b, View(), c), std::logic_error);
  EXPECT_THROW(plan.run(stream, a, b, View(x.bias.data(), DType::kF32, {2, 6}), c), std::logic_error);
  EXPECT_THROW(plan.run(stream, View(x.a.data(), DType::kF64, {2, 4, 8}), b, View(), c), std::logic_error);
  EXPECT_THROW(plan.pack(stream, b, b), std::logic_error);
  Stream wider(2);
  EXPECT_THROW(plan.run(wider, a, b, View(), c), std::logic_error);
}

TEST(Gemm, RefusesPlansThatMakeNoSense) {
  Stream stream(1);
  EXPECT_THROW(GemmPlan(GemmEngine::kFast, stream, {.m = 0, .n = 1, .k = 1}), std::logic_error);
  EXPECT_THROW(GemmPlan(GemmEngine::kFast, stream, {.m = 1, .n = 1, .k = 1, .dtype = DType::kF64}), std::logic_error);
  EXPECT_THROW(GemmPlan(GemmEngine::kReference, stream, {.m = 1, .n = 1, .k = 1, .dtype = DType::kI32}),
               std::logic_error);
}

}  // namespace
}  // namespace triaxis
