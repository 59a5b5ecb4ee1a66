#include "tensor/dropout.h"

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

const RandomKey kKey = random_key(7, 3, site_hash("block.0.attention.residual"));

TEST(Dropout, KernelsMatchReference) {
  for (const double probability : {0.0, 0.3}) {
    for (const std::int64_t seq : {1, 7, 65}) {
      for (const std::int64_t h : {1, 7, 63, 64, 65, 100}) {
        TestTokens tokens(2, seq);
        const Dropout dropout{probability, kKey, &tokens.ids()};
        const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
          auto residual = random_tensor<T>({2 * seq, h}, 1);
          auto x = random_tensor<T>({2 * seq, h}, 2);
          auto bias = random_tensor<T>({h}, 3);
          auto table = random_tensor<T>({seq, h}, 4);
          TestTensor<T> y({2 * seq, h});
          Outputs outputs;
          kernels.residual_forward(stream, residual.view(), x.view(), bias.view(), dropout, y.view());
          append(outputs, y);
          kernels.residual_forward(stream, residual.view(), x.view(), View(), dropout, y.view());
          append(outputs, y);
          kernels.position_forward(stream, x.view(), tokens.ids().positions, table.view(), dropout, y.view());
          append(outputs, y);
          kernels.dropout_backward(stream, x.view(), dropout, y.view());
          append(outputs, y);
          kernels.residual_forward(stream, residual.view(), x.view(), View(), dropout, residual.view());
          append(outputs, residual);
          return outputs;
        };
        check_kernel(run, 2e-7, "seq " + std::to_string(seq) + ", h " + std::to_string(h));
      }
    }
  }
}

TEST(Dropout, DropsWhatTheGeneratorSays) {
  constexpr std::int64_t kSeq = 33, kWidth = 203;
  TestTokens tokens(2, kSeq);
  const Dropout dropout{0.25, kKey, &tokens.ids()};
  TestTensor<float> ones({2 * kSeq, kWidth}, 1), y({2 * kSeq, kWidth});
  Stream stream(1);
  for_each_isa([&](const std::string& isa) {
    fast_kernels().dropout_backward(stream, ones.view(), dropout, y.view());
    std::int64_t kept = 0;
    for (std::int64_t t = 0; t < 2 * kSeq; ++t) {
      const auto sequence = static_cast<std::uint64_t>(tokens.ids().sequences.as<std::int64_t>()[t / kSeq]);
      for (std::int64_t c = 0; c < kWidth; ++c) {
        const float uniform =
            random_uniform(kKey, sequence, static_cast<std::uint32_t>(t % kSeq), static_cast<std::uint32_t>(c));
        ASSERT_EQ(y[t * kWidth + c], uniform < 0.25f ? 0.0f : float(1 / 0.75)) << isa << " " << t << " " << c;
        if (uniform >= 0.25f) ++kept;
      }
    }
    const double n = 2 * kSeq * kWidth;
    EXPECT_NEAR(double(kept), 0.75 * n, 4 * std::sqrt(n * 0.75 * 0.25)) << isa;
  });
}

TEST(Dropout, ThresholdIsTheProbability) {
  EXPECT_EQ(dropout_threshold(0.5), 1u << 23);
  EXPECT_EQ(dropout_threshold(1e-12), 1u);  // Only a uniform number of exactly 0 is below it.
  EXPECT_EQ(dropout_threshold(0), 0u);
}

TEST(Dropout, BadDropoutIsRefused) {
  TestTokens tokens(1, 4);
  TestTensor<float> x({4, 3}), longer({5, 3});
  Stream stream(1);
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    EXPECT_THROW(kernels->dropout_backward(stream, x.view(), {1.0, kKey, &tokens.ids()}, x.view()), std::logic_error);
    EXPECT_THROW(kernels->dropout_backward(stream, x.view(), {0.1, kKey, nullptr}, x.view()), std::logic_error);
    EXPECT_THROW(kernels->dropout_backward(stream, longer.view(), {0.1, kKey, &tokens.ids()}, longer.view()),
                 std::logic_error);
  }
}

}  // namespace
}  // namespace triaxis
