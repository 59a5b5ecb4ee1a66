#include <limits>
#include <numbers>

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

const std::vector<std::int64_t> kSizes{1, 7, 63, 64, 65, 100, 16385};

TEST(Elementwise, MatchesReference) {
  for (const std::int64_t n : kSizes) {
    const auto run = [n]<typename T>(const Kernels& kernels, Stream& stream) {
      auto a = random_tensor<T>({n}, 1, 3);
      auto b = random_tensor<T>({n}, 2);
      TestTensor<T> y({n});
      Outputs outputs;
      kernels.fill(stream, y.view(), 0.5);
      append(outputs, y);
      kernels.copy(stream, a.view(), y.view());
      append(outputs, y);
      kernels.maximum(stream, a.view(), b.view(), y.view());
      append(outputs, y);
      kernels.gelu_forward(stream, a.view(), y.view());
      append(outputs, y);
      kernels.gelu_backward(stream, a.view(), b.view(), y.view());
      append(outputs, y);
      kernels.add(stream, a.view(), b.view(), a.view());
      append(outputs, a);
      return outputs;
    };
    check_kernel(run, 1e-6, "size " + std::to_string(n));
  }
}

TEST(Elementwise, GeluHoldsItsAccuracyEverywhere) {
  Stream stream(1);
  TestTensor<float> x({2190}), y({2190});
  for (std::int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) * 0.0137f - 15;
  for_each_isa([&](const std::string& isa) {
    fast_kernels().gelu_forward(stream, x.view(), y.view());
    for (std::int64_t i = 0; i < x.size(); ++i) {
      // Without tanh's cancellation. 2u reaches 88 while the result is a normal number, hence the tolerance of 88 ulp.
      const double v = x[i];
      const double exact = v / (1 + std::exp(-2 * std::sqrt(2 / std::numbers::pi) * (v + 0.044715 * v * v * v)));
      EXPECT_NEAR(y[i], exact, 1e-5 * std::abs(exact) + 1e-35) << isa << " gelu(" << v << ")";
    }
  });
}

TEST(Elementwise, GeluGradientMatchesDifferences) {
  const Kernels& kernels = reference_kernels<double>();
  Stream stream(1);
  auto x = random_tensor<double>({50}, 1, 2);
  auto dy = random_tensor<double>({50}, 2);
  TestTensor<double> y({50}), dx({50});
  kernels.gelu_backward(stream, x.view(), dy.view(), dx.view());
  const auto loss = [&] {
    kernels.gelu_forward(stream, x.view(), y.view());
    return weighted_sum(y, dy);
  };
  check_gradient(x, dx, loss, "gelu");
}

TEST(Elementwise, NaNStaysNaN) {
  const auto run = []<typename T>(const Kernels& kernels, Stream& stream) {
    constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
    for (std::int64_t n : {5, 40}) {
      TestTensor<T> a({n}), b({n}, 1), y({n});
      a[3] = kNaN;
      kernels.maximum(stream, a.view(), b.view(), y.view());
      EXPECT_TRUE(std::isnan(y[3]));
      EXPECT_EQ(y[2], T(1));
      kernels.maximum(stream, b.view(), a.view(), y.view());
      EXPECT_TRUE(std::isnan(y[3]));
      kernels.gelu_forward(stream, a.view(), y.view());
      EXPECT_TRUE(std::isnan(y[3]));
      kernels.gelu_backward(stream, a.view(), b.view(), y.view());
      EXPECT_TRUE(std::isnan(y[3]));
    }
    return Outputs{};
  };
  check_kernel(run, 0, "NaN");
}

TEST(Elementwise, BiasBackwardMatchesReference) {
  for (const std::int64_t shards : {1, 2, 3}) {
    for (const std::int64_t tokens : {1, 7, 65, 200}) {
      for (const std::int64_t n : {1, 7, 63, 64, 65, 100}) {
        const auto run = [=]<typename T>(const Kernels& kernels, Stream& stream) {
          auto dy = random_tensor<T>({shards, tokens, n}, 1);
          auto dbias = random_tensor<T>({shards, n}, 2);
          kernels.bias_backward(stream, dy.view(), dbias.view());
          Outputs outputs;
          append(outputs, dbias);
          return outputs;
        };
        check_kernel(run, 1e-6, std::to_string(tokens) + " x " + std::to_string(n));
      }
    }
  }
}

TEST(Elementwise, BiasBackwardOfAShardIsTheSameAlone) {
  Stream stream(1);
  auto dy = random_tensor<float>({3, 100, 50}, 1);
  TestTensor<float> together({3, 50}), apart({3, 50});
  fast_kernels().bias_backward(stream, dy.view(), together.view());
  for (std::int64_t s = 0; s < 3; ++s) {
    fast_kernels().bias_backward(stream, dy.view().rows(s, 1), apart.view().rows(s, 1));
  }
  Outputs a, b;
  append(a, together);
  append(b, apart);
  expect_same_bits(a, b, "shards");
}

TEST(Elementwise, WrongShapesAreRefused) {
  Stream stream(1);
  TestTensor<float> a({4}), b({5});
  TestTensor<double> c({4});
  EXPECT_THROW(fast_kernels().add(stream, a.view(), b.view(), a.view()), std::logic_error);
  EXPECT_THROW(fast_kernels().add(stream, a.view(), c.view(), a.view()), std::logic_error);
  EXPECT_THROW(reference_kernels<float>().add(stream, a.view(), b.view(), a.view()), std::logic_error);
}

}  // namespace
}  // namespace triaxis
