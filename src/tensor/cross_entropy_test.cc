#include <limits>

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

/// Logits of `shards` shards and what the four kernels make of them, on one rank.
template <typename T>
struct CrossEntropy {
  CrossEntropy(std::int64_t shards_, std::int64_t batch_, std::int64_t seq_, std::int64_t width_, std::int64_t vocab_)
      : shards(shards_),
        batch(batch_),
        tokens(batch_ * seq_),
        vocab(vocab_),
        logits(random_tensor<T>({shards_, tokens, width_}, 1, 4)),
        targets({tokens}),
        max({tokens}),
        partial({shards_, 2, tokens}),
        sums({2, tokens}),
        lse({tokens}),
        losses({batch_}) {
    for (std::int64_t t = 0; t < tokens; ++t) targets[t] = static_cast<std::int32_t>((t * 31 + 5) % vocab);
  }

  void forward(const Kernels& kernels, Stream& stream) {
    kernels.cross_entropy_max(stream, logits.view(), 0, vocab, max.view());
    kernels.cross_entropy_sums(stream, logits.view(), 0, vocab, max.view(), targets.view(), partial.view());
    kernels.fill(stream, sums.view(), 0);
    for (std::int64_t s = 0; s < shards; ++s) kernels.add(stream, sums.view(), partial.view()[s], sums.view());
    kernels.cross_entropy_loss(stream, sums.view(), max.view(), lse.view(), losses.view());
  }

  void backward(const Kernels& kernels, Stream& stream, double scale) {
    kernels.cross_entropy_backward(stream, logits.view(), 0, vocab, lse.view(), targets.view(), scale);
  }

  std::int64_t shards, batch, tokens, vocab;
  TestTensor<T> logits;
  TestTensor<std::int32_t> targets;
  TestTensor<T> max, partial, sums, lse;
  TestTensor<double> losses;
};

TEST(CrossEntropy, MatchesReference) {
  for (const std::int64_t shards : {1, 2, 3}) {
    for (const std::int64_t seq : {1, 7, 33}) {
      for (const std::int64_t width : {1, 7, 63, 64, 65, 100}) {
        for (const std::int64_t padding : {std::int64_t{0}, width / 2, width}) {
          const std::int64_t vocab = shards * width - padding;
          if (vocab <= 0) continue;
          const auto run = [=]<typename T>(const Kernels& kernels, Stream& stream) {
            CrossEntropy<T> run_here(shards, 2, seq, width, vocab);
            run_here.forward(kernels, stream);
            run_here.backward(kernels, stream, 1);
            Outputs outputs;
            append(outputs, run_here.max);
            append(outputs, run_here.partial);
            append(outputs, run_here.lse);
            append(outputs, run_here.logits);
            append(outputs, run_here.losses);
            return outputs;
          };
          check_kernel(run, 1e-6, std::to_string(shards) + " shards of " + std::to_string(width));
        }
      }
    }
  }
}

TEST(CrossEntropy, LossAndGradientOfATokenByHand) {
  Stream stream(1);
  CrossEntropy<float> one(1, 1, 1, 4, 3);  // The fourth column is padding.
  const float logits[] = {1, 2, 3, 100};
  std::copy(std::begin(logits), std::end(logits), one.logits.begin());
  one.targets[0] = 1;
  one.forward(fast_kernels(), stream);
  const double sum = std::exp(1) + std::exp(2) + std::exp(3);
  EXPECT_NEAR(one.losses[0], std::log(sum) - 2, 1e-6);
  one.backward(fast_kernels(), stream, 0.5);
  EXPECT_NEAR(one.logits[0], 0.5 * std::exp(1) / sum, 1e-7);
  EXPECT_NEAR(one.logits[1], 0.5 * (std::exp(2) / sum - 1), 1e-7);
  EXPECT_NEAR(one.logits[2], 0.5 * std::exp(3) / sum, 1e-7);
  EXPECT_EQ(one.logits[3], 0.0f);
}

TEST(CrossEntropy, ExponentialsHoldTheirAccuracy) {
  constexpr std::int64_t kWidth = 100001;
  Stream stream(1);
  for_each_isa([&](const std::string& isa) {
    CrossEntropy<float> run(1, 1, 1, kWidth, kWidth);  // With a log-sum-exp of 0 the softmax is the exponential.
    run.targets[0] = 0;
    for (std::int64_t i = 0; i < kWidth; ++i) run.logits[i] = -87.3f * static_cast<float>(i) / (kWidth - 1);
    auto gradient = run;
    gradient.backward(fast_kernels(), stream, 1);
    double worst = 0;
    for (std::int64_t i = 1; i < kWidth; ++i) {
      const double exact = std::exp(double{run.logits[i]});
      worst = std::max(worst, std::abs(gradient.logits[i] - exact) / exact);
    }
    EXPECT_LT(worst, 1.5 * 0x1p-23) << isa;
  });
}

TEST(CrossEntropy, GradientMatchesDifferences) {
  const Kernels& kernels = reference_kernels<double>();
  Stream stream(1);
  CrossEntropy<double> run(2, 2, 3, 5, 8);
  run.forward(kernels, stream);
  CrossEntropy<double> gradient = run;
  gradient.backward(kernels, stream, 0.7);
  const auto loss = [&] {
    run.forward(kernels, stream);
    return 0.7 * (run.losses[0] + run.losses[1]);
  };
  check_gradient(run.logits, gradient.logits, loss, "logits");
}

TEST(CrossEntropy, AShardIsTheSameAlone) {
  constexpr std::int64_t kWidth = 37, kVocab = 100;
  Stream stream(1);
  const Kernels& kernels = fast_kernels();
  CrossEntropy<float> together(3, 1, 20, kWidth, kVocab);
  together.forward(kernels, stream);
  CrossEntropy<float> apart = together;
  TestTensor<float> max({20});
  kernels.fill(stream, apart.max.view(), -std::numeric_limits<double>::infinity());
  for (std::int64_t s = 0; s < 3; ++s) {
    const View logits = apart.logits.view().rows(s, 1);
    kernels.cross_entropy_max(stream, logits, s * kWidth, kVocab, max.view());
    kernels.maximum(stream, apart.max.view(), max.view(), apart.max.view());
  }
  for (std::int64_t s = 0; s < 3; ++s) {
    const View logits = apart.logits.view().rows(s, 1);
    kernels.cross_entropy_sums(stream, logits, s * kWidth, kVocab, apart.max.view(), apart.targets.view(),
                               apart.partial.view().rows(s, 1));
    kernels.cross_entropy_backward(stream, logits, s * kWidth, kVocab, apart.lse.view(), apart.targets.view(), 0.3);
  }
  together.backward(kernels, stream, 0.3);
  Outputs a, b;
  append(a, together.max);
  append(a, together.partial);
  append(a, together.logits);
  append(b, apart.max);
  append(b, apart.partial);
  append(b, apart.logits);
  expect_same_bits(a, b, "shards");
}

TEST(CrossEntropy, NaNReachesTheLoss) {
  const auto run = []<typename T>(const Kernels& kernels, Stream& stream) {
    for (const std::int64_t place : {0, 17, 69}) {
      CrossEntropy<T> run_here(1, 2, 1, 70, 70);
      run_here.logits[70 + place] = std::numeric_limits<T>::quiet_NaN();
      run_here.forward(kernels, stream);
      EXPECT_TRUE(std::isnan(run_here.max[1]));
      EXPECT_TRUE(std::isnan(run_here.losses[1]));
      EXPECT_FALSE(std::isnan(run_here.losses[0]));
    }
    return Outputs{};
  };
  check_kernel(run, 0, "NaN");
}

}  // namespace
}  // namespace triaxis
