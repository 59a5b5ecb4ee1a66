#include <limits>

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

TEST(AdamW, MatchesReference) {
  for (const std::int64_t n : {1, 7, 63, 64, 65, 100, 16385}) {
    const auto run = [n]<typename T>(const Kernels& kernels, Stream& stream) {
      auto weight = random_tensor<T>({n}, 1);
      TestTensor<T> moment1({n}), moment2({n});
      AdamStep step{.lr = 0.01, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0.1};
      step.gradient_scale = 0.5;
      for (step.step = 1; step.step <= 3; ++step.step) {
        auto gradient = random_tensor<T>({n}, 1 + static_cast<std::uint64_t>(step.step));
        kernels.adamw(stream, step, gradient.view(), weight.view(), moment1.view(), moment2.view());
      }
      Outputs outputs;
      append(outputs, weight);
      append(outputs, moment1);
      append(outputs, moment2);
      return outputs;
    };
    check_kernel(run, 1e-6, std::to_string(n));
  }
}

TEST(AdamW, FirstStepMovesByTheLearningRate) {
  Stream stream(1);
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    TestTensor<float> weight({3}, 2), gradient({3}, -4), moment1({3}), moment2({3});
    const AdamStep step{.lr = 0.1, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.5};
    kernels->adamw(stream, step, gradient.view(), weight.view(), moment1.view(), moment2.view());
    for (const float w : weight) EXPECT_NEAR(w, 2 * (1 - 0.1 * 0.5) + 0.1, 1e-6);
    for (const float m : moment1) EXPECT_NEAR(m, -0.4, 1e-6);
    for (const float v : moment2) EXPECT_NEAR(v, 0.016, 1e-6);
  }
}

TEST(SumOfSquares, MatchesReference) {
  for (const std::int64_t n : {1, 7, 63, 64, 65, 100, 50000, 5000000}) {
    auto x = random_tensor<float>({n}, 1);
    Outputs sums;
    const auto run = [&](const Kernels& kernels, int threads) {
      Stream stream(threads);
      TestTensor<double> sum({1}, -1);
      kernels.sum_of_squares(stream, x.view(), sum.view());
      return sum[0];
    };
    const double exact = run(reference_kernels<float>(), 1);
    for_each_isa([&](const std::string& isa) {
      const double fast = run(fast_kernels(), 1);
      EXPECT_NEAR(fast, exact, 1e-12 * exact) << isa << " " << n;
      EXPECT_EQ(fast, run(fast_kernels(), 2)) << isa << " " << n;
      EXPECT_EQ(fast, run(fast_kernels(), 3)) << isa << " " << n;
    });
  }
}

TEST(AllFinite, FindsOneBadElement) {
  Stream stream(2);
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    for (const std::int64_t n : {1, 63, 40000}) {
      auto x = random_tensor<float>({n}, 1, 1e30);
      EXPECT_TRUE(kernels->all_finite(stream, x.view()));
      for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN()}) {
        auto broken = x;
        broken[n - 1] = bad;
        EXPECT_FALSE(kernels->all_finite(stream, broken.view()));
      }
    }
  }
}

TEST(FillNormal, BlocksAreTheirPartOfTheWhole) {
  const RandomKey key = random_key(1, 0, site_hash("weight"));
  Stream stream(3);
  TestTensor<float> whole({9, 50});
  fast_kernels().fill_normal(stream, whole.view(), key, 0.02, {0, 0, 50});
  EXPECT_EQ(whole[57], static_cast<float>(0.02 * random_normal(key, 57)));
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    TestTensor<float> block({4, 7});
    kernels->fill_normal(stream, block.view(), key, 0.02, {3, 11, 50});
    for (std::int64_t r = 0; r < 4; ++r) {
      for (std::int64_t c = 0; c < 7; ++c) EXPECT_EQ(block[r * 7 + c], whole[(3 + r) * 50 + 11 + c]);
    }
    TestTensor<float> vector({450});
    kernels->fill_normal(stream, vector.view(), key, 0.02, {0, 0, 450});
    EXPECT_TRUE(std::equal(vector.begin(), vector.end(), whole.begin()));
  }
}

}  // namespace
}  // namespace triaxis
