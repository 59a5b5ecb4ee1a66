// What must not change a bit of a matrix product: threads, the number of products in one run, where operands lie.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tensor/gemm.h"
#include "tensor/gemm_test_operands.h"

namespace triaxis {
namespace {

std::vector<GemmShape> shapes() {
  std::vector<GemmShape> result;
  // Demo-sized, uneven, one row, and long k.
  for (const auto& [m, n, k] : std::vector<std::array<std::int64_t, 3>>{
           {256, 192, 64}, {130, 301, 77}, {1, 500, 130}, {200, 290, 1540}, {200, 64, 512}}) {
    GemmShape s{.batch = 3, .m = m, .n = n, .k = k};
    s.transpose_b = s.pack_b = s.bias = true;
    result.push_back(s);
    s.transpose_b = s.bias = false;
    result.push_back(s);
    s.pack_b = false;
    s.transpose_a = s.accumulate = true;
    result.push_back(s);
  }
  return result;
}

std::vector<float> result_of(const GemmShape& shape, int threads) {
  Stream stream(threads);
  GemmOperands<float> operands(shape);
  operands.run(GemmPlan(GemmEngine::kFast, stream, shape), stream);
  return operands.c;
}

bool same_bits(const std::vector<float>& x, const std::vector<float>& y) {
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
}

TEST(GemmBits, DoNotDependOnThreads) {
  for (const GemmShape& shape : shapes()) {
    const std::vector<float> alone = result_of(shape, 1);
    EXPECT_TRUE(same_bits(alone, result_of(shape, 2))) << describe(shape);
    EXPECT_TRUE(same_bits(alone, result_of(shape, 3))) << describe(shape);
  }
}

TEST(GemmBits, DoNotDependOnTheBatch) {
  Stream stream(2);
  for (const GemmShape& shape : shapes()) {
    const std::vector<float> together = result_of(shape, 2);
    GemmShape single = shape;
    single.batch = 1;
    const GemmPlan plan(GemmEngine::kFast, stream, single);
    GemmOperands<float> all(shape);
    std::vector<float> apart;
    for (std::int64_t entry = 0; entry < shape.batch; ++entry) {
      GemmOperands<float> one(single);
      const auto take = [entry](std::vector<float>& to, const std::vector<float>& from) {
        std::copy_n(from.begin() + entry * static_cast<std::int64_t>(to.size()), to.size(), to.begin());
      };
      take(one.a, all.a);
      take(one.b, all.b);
      take(one.bias, all.bias);
      take(one.c, all.c);
      one.run(plan, stream);
      apart.insert(apart.end(), one.c.begin(), one.c.end());
    }
    EXPECT_TRUE(same_bits(together, apart)) << describe(shape);
  }
}

TEST(GemmBits, DoNotDependOnAlignment) {
  Stream stream(1);
  for (GemmShape shape : shapes()) {
    shape.batch = 1;
    const GemmPlan plan(GemmEngine::kFast, stream, shape);
    GemmOperands<float> operands(shape);
    operands.run(plan, stream);
    const std::vector<float> expected = operands.c;
    for (const std::size_t shift : {1, 3, 8, 16, 100}) {
      GemmOperands<float> fresh(shape);
      std::vector<float> c(shift), a(shift), b(shift);
      c.insert(c.end(), fresh.c.begin(), fresh.c.end());
      a.insert(a.end(), fresh.a.begin(), fresh.a.end());
      b.insert(b.end(), fresh.b.begin(), fresh.b.end());
      const auto shifted = [shift](std::vector<float>& data, const View& like) {
        return View(data.data() + shift, DType::kF32, std::span(like.shape).first<3>());
      };
      const View given_b =
          shape.pack_b ? View(operands.packed.data(), DType::kF32, {static_cast<std::int64_t>(operands.packed.size())})
                       : shifted(b, fresh.view_of_b());
      plan.run(stream, shifted(a, fresh.view_of_a()), given_b, fresh.view_of_bias(), shifted(c, fresh.view_of_c()));
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), c.begin() + static_cast<std::int64_t>(shift)))
          << describe(shape) << ", shifted by " << shift;
    }
  }
}

}  // namespace
}  // namespace triaxis
