#include <limits>

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

constexpr double kEps = 1e-5;

TEST(LayerNorm, MatchesReference) {
  for (const std::int64_t tokens : {1, 7, 65, 100}) {
    for (const std::int64_t h : {1, 7, 63, 64, 65, 100, 768}) {
      const auto run = [=]<typename T>(const Kernels& kernels, Stream& stream) {
        auto x = random_tensor<T>({tokens, h}, 1);
        for (T& value : x) value += T(0.5);
        auto gamma = random_tensor<T>({h}, 2);
        auto beta = random_tensor<T>({h}, 3);
        auto dy = random_tensor<T>({tokens, h}, 4);
        auto residual = random_tensor<T>({tokens, h}, 5);
        TestTensor<T> y({tokens, h}), mean({tokens}), rstd({tokens}), dx({tokens, h});
        auto dgamma = random_tensor<T>({h}, 6);
        auto dbeta = random_tensor<T>({h}, 7);
        kernels.layernorm_forward(stream, x.view(), gamma.view(), beta.view(), h == 1 ? 1 : kEps, y.view(), mean.view(),
                                  rstd.view());
        Outputs outputs;
        append(outputs, y);
        append(outputs, mean);
        append(outputs, rstd);
        kernels.layernorm_backward_input(stream, dy.view(), x.view(), gamma.view(), mean.view(), rstd.view(), View(),
                                         dx.view());
        append(outputs, dx);
        kernels.layernorm_backward_input(stream, dy.view(), x.view(), gamma.view(), mean.view(), rstd.view(),
                                         residual.view(), residual.view());
        append(outputs, residual);
        kernels.layernorm_backward_weight(stream, dy.view(), x.view(), mean.view(), rstd.view(), dgamma.view(),
                                          dbeta.view());
        append(outputs, dgamma);
        append(outputs, dbeta);
        return outputs;
      };
      check_kernel(run, 3e-6, std::to_string(tokens) + " x " + std::to_string(h));
    }
  }
}

TEST(LayerNorm, GradientsMatchDifferences) {
  constexpr std::int64_t kTokens = 3, kWidth = 7;
  const Kernels& kernels = reference_kernels<double>();
  Stream stream(1);
  auto x = random_tensor<double>({kTokens, kWidth}, 1);
  auto gamma = random_tensor<double>({kWidth}, 2);
  auto beta = random_tensor<double>({kWidth}, 3);
  auto dy = random_tensor<double>({kTokens, kWidth}, 4);
  TestTensor<double> y({kTokens, kWidth}), mean({kTokens}), rstd({kTokens});
  const auto loss = [&] {
    kernels.layernorm_forward(stream, x.view(), gamma.view(), beta.view(), kEps, y.view(), mean.view(), rstd.view());
    return weighted_sum(y, dy);
  };
  loss();
  TestTensor<double> dx({kTokens, kWidth}), dgamma({kWidth}), dbeta({kWidth});
  kernels.layernorm_backward_input(stream, dy.view(), x.view(), gamma.view(), mean.view(), rstd.view(), View(),
                                   dx.view());
  kernels.layernorm_backward_weight(stream, dy.view(), x.view(), mean.view(), rstd.view(), dgamma.view(), dbeta.view());
  check_gradient(x, dx, loss, "dx");
  check_gradient(gamma, dgamma, loss, "dgamma");
  check_gradient(beta, dbeta, loss, "dbeta");
}

TEST(LayerNorm, NaNStaysInItsRow) {
  const auto run = []<typename T>(const Kernels& kernels, Stream& stream) {
    auto x = random_tensor<T>({2, 40}, 1);
    x[39] = std::numeric_limits<T>::quiet_NaN();
    TestTensor<T> gamma({40}, 1), beta({40}), y({2, 40}), mean({2}), rstd({2});
    kernels.layernorm_forward(stream, x.view(), gamma.view(), beta.view(), kEps, y.view(), mean.view(), rstd.view());
    EXPECT_TRUE(std::all_of(y.begin(), y.begin() + 40, [](T v) { return std::isnan(v); }));
    EXPECT_TRUE(std::none_of(y.begin() + 40, y.end(), [](T v) { return std::isnan(v); }));
    return Outputs{};
  };
  check_kernel(run, 0, "NaN");
}

}  // namespace
}  // namespace triaxis
