#include "optim/adamw.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace triaxis {
namespace {

/// AdamW by the book: algorithm 2 of Loshchilov & Hutter 2019, the decay scaled by the learning rate as everyone does.
struct Textbook {
  double weight = 0;
  double m = 0;
  double v = 0;

  void step(const OptimizerConfig& config, double lr, double decay, std::int64_t t, double gradient) {
    m = config.beta1 * m + (1 - config.beta1) * gradient;
    v = config.beta2 * v + (1 - config.beta2) * gradient * gradient;
    const double m_hat = m / (1 - std::pow(config.beta1, t));
    const double v_hat = v / (1 - std::pow(config.beta2, t));
    weight -= lr * (m_hat / (std::sqrt(v_hat) + config.eps) + decay * weight);
  }
};

ParameterSpec parameter(bool decay) {
  ParameterSpec row;
  row.decay = decay;
  return row;
}

template <typename T>
View view(std::vector<T>& values) {
  return {values.data(), dtype_of<T>(), {static_cast<std::int64_t>(values.size())}};
}

/// Trains a few weights with `kernels` and by the book, on gradients that change from step to step.
template <typename T>
void expect_textbook(const Kernels& kernels, bool decay, double tolerance) {
  constexpr std::size_t kWeights = 37;
  OptimizerConfig config;
  Stream stream(1);
  std::vector<T> weight(kWeights);
  std::vector<T> m(kWeights, 0);
  std::vector<T> v(kWeights, 0);
  std::vector<T> gradient(kWeights);
  std::vector<Textbook> books(kWeights);
  for (std::size_t i = 0; i < kWeights; ++i) {
    books[i].weight = std::sin(static_cast<double>(i));
    weight[i] = static_cast<T>(books[i].weight);
  }
  for (std::int64_t t = 1; t <= 20; ++t) {
    const UpdateStep update{.step = t, .lr = 0.01 * static_cast<double>(t), .gradient_scale = 0.5};
    for (std::size_t i = 0; i < kWeights; ++i) {
      const double g = std::cos(static_cast<double>(i) * static_cast<double>(t)) / 8;
      gradient[i] = static_cast<T>(g);
      books[i].step(config, update.lr, decay ? config.weight_decay : 0, t, 0.5 * g);
    }
    kernels.adamw(stream, adam_step(config, update, parameter(decay)), view(gradient), view(weight), view(m), view(v));
  }
  for (std::size_t i = 0; i < kWeights; ++i) EXPECT_NEAR(weight[i], books[i].weight, tolerance) << i;
}

TEST(AdamW, IsTheTextbooks) {
  for (const bool decay : {false, true}) {
    expect_textbook<double>(reference_kernels<double>(), decay, 1e-12);
    expect_textbook<float>(reference_kernels<float>(), decay, 2e-5);
    expect_textbook<float>(fast_kernels(), decay, 2e-5);
  }
}

TEST(AdamStep, DecaysWhereTheRowSaysSo) {
  const OptimizerConfig config;
  EXPECT_EQ(adam_step(config, {}, parameter(true)).weight_decay, config.weight_decay);
  EXPECT_EQ(adam_step(config, {}, parameter(false)).weight_decay, 0.0);
}

}  // namespace
}  // namespace triaxis
