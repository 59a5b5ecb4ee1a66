// The update of parameters, the checks on gradients, and the start of weights.
#pragma once

#include <cmath>

#include "tensor/kernel_checks.h"

namespace triaxis::reference {

template <typename T>
void adamw(Stream&, const AdamStep& step, const View& gradient, const View& weight, const View& moment1,
           const View& moment2) {
  const std::int64_t size = check_elementwise(dtype_of<T>(), {gradient, weight, moment1, moment2});
  const T beta1 = static_cast<T>(step.beta1);
  const T beta2 = static_cast<T>(step.beta2);
  const T correction1 = static_cast<T>(1 - std::pow(step.beta1, double(step.step)));
  const T correction2 = static_cast<T>(1 - std::pow(step.beta2, double(step.step)));
  for (std::int64_t i = 0; i < size; ++i) {
    const T g = gradient.as<T>()[i] * static_cast<T>(step.gradient_scale);
    T& w = weight.as<T>()[i];
    T& m = moment1.as<T>()[i];
    T& v = moment2.as<T>()[i];
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const T direction = m / correction1 / (std::sqrt(v / correction2) + static_cast<T>(step.eps));
    w -= static_cast<T>(step.lr) * (direction + static_cast<T>(step.weight_decay) * w);
  }
}

template <typename T>
void sum_of_squares(Stream&, const View& x, const View& sum) {
  check_sum_of_squares(dtype_of<T>(), x, sum);
  double total = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) total += double(x.as<T>()[i]) * double(x.as<T>()[i]);
  sum.as<double>()[0] = total;
}

template <typename T>
bool all_finite(Stream&, const View& x) {
  for (std::int64_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x.as<T>()[i])) return false;
  }
  return true;
}

template <typename T>
void fill_normal(Stream&, const View& y, RandomKey key, double deviation, const BlockOrigin& origin) {
  const auto [rows, columns] = check_fill_normal(dtype_of<T>(), y, origin);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t first = (origin.first_row + r) * origin.columns + origin.first_column;
    for (std::int64_t c = 0; c < columns; ++c) {
      const double normal = random_normal(key, static_cast<std::uint64_t>(first + c));
      y.as<T>()[r * columns + c] = static_cast<T>(deviation * normal);
    }
  }
}

}  // namespace triaxis::reference
