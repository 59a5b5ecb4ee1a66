// LayerNorm: y = gamma (x - mean) rstd + beta, with rstd = 1 / sqrt(variance + eps), over each row.
#pragma once

#include <cmath>

#include "tensor/kernel_checks.h"

namespace triaxis::reference {

template <typename T>
void layernorm_forward(Stream&, const View& x, const View& gamma, const View& beta, double eps, const View& y,
                       const View& mean, const View& rstd) {
  const auto [rows, h] = check_layernorm_forward(dtype_of<T>(), x, gamma, beta, y, mean, rstd);
  for (std::int64_t t = 0; t < rows; ++t) {
    const T* row = x.as<T>() + t * h;
    T sum = 0;
    for (std::int64_t c = 0; c < h; ++c) sum += row[c];
    const T center = sum / static_cast<T>(h);
    T squares = 0;
    for (std::int64_t c = 0; c < h; ++c) squares += (row[c] - center) * (row[c] - center);
    const T scale = 1 / std::sqrt(squares / static_cast<T>(h) + static_cast<T>(eps));
    for (std::int64_t c = 0; c < h; ++c) {
      y.as<T>()[t * h + c] = (row[c] - center) * scale * gamma.as<T>()[c] + beta.as<T>()[c];
    }
    mean.as<T>()[t] = center;
    rstd.as<T>()[t] = scale;
  }
}

template <typename T>
void layernorm_backward_input(Stream&, const View& dy, const View& x, const View& gamma, const View& mean,
                              const View& rstd, const View& residual, const View& dx) {
  const auto [rows, h] = check_layernorm_backward_input(dtype_of<T>(), dy, x, gamma, mean, rstd, residual, dx);
  for (std::int64_t t = 0; t < rows; ++t) {
    const T center = mean.as<T>()[t];
    const T scale = rstd.as<T>()[t];
    T sum = 0;         // of the gradient of the normalised row
    T projection = 0;  // of that gradient on the normalised row
    for (std::int64_t c = 0; c < h; ++c) {
      const T gradient = dy.as<T>()[t * h + c] * gamma.as<T>()[c];
      sum += gradient;
      projection += gradient * (x.as<T>()[t * h + c] - center) * scale;
    }
    for (std::int64_t c = 0; c < h; ++c) {
      const std::int64_t i = t * h + c;
      const T gradient = dy.as<T>()[i] * gamma.as<T>()[c];
      const T normalised = (x.as<T>()[i] - center) * scale;
      const T inner = scale * (gradient - (sum + normalised * projection) / static_cast<T>(h));
      dx.as<T>()[i] = residual.empty() ? inner : residual.as<T>()[i] + inner;
    }
  }
}

template <typename T>
void layernorm_backward_weight(Stream&, const View& dy, const View& x, const View& mean, const View& rstd,
                               const View& dgamma, const View& dbeta) {
  const auto [rows, h] = check_layernorm_backward_weight(dtype_of<T>(), dy, x, mean, rstd, dgamma, dbeta);
  for (std::int64_t c = 0; c < h; ++c) {
    T gamma_sum = 0;
    T beta_sum = 0;
    for (std::int64_t t = 0; t < rows; ++t) {
      const T gradient = dy.as<T>()[t * h + c];
      gamma_sum += gradient * (x.as<T>()[t * h + c] - mean.as<T>()[t]) * rstd.as<T>()[t];
      beta_sum += gradient;
    }
    dgamma.as<T>()[c] += gamma_sum;
    dbeta.as<T>()[c] += beta_sum;
  }
}

}  // namespace triaxis::reference
