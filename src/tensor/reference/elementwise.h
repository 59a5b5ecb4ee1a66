// Elementwise operations, residual, dropout and bias, in plain loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/dropout.h"
#include "tensor/kernel_checks.h"

namespace triaxis::reference {

template <typename T>
void fill(Stream&, const View& y, double value) {
  std::fill_n(y.as<T>(), y.size(), static_cast<T>(value));
}

template <typename T>
void copy(Stream&, const View& x, const View& y) {
  const std::int64_t size = check_elementwise(dtype_of<T>(), {x, y});
  std::copy_n(x.as<T>(), size, y.as<T>());
}

template <typename T>
void add(Stream&, const View& a, const View& b, const View& y) {
  const std::int64_t size = check_elementwise(dtype_of<T>(), {a, b, y});
  for (std::int64_t i = 0; i < size; ++i) y.as<T>()[i] = a.as<T>()[i] + b.as<T>()[i];
}

/// The larger, or NaN if one is.
template <typename T>
T larger(T a, T b) {
  return std::isnan(a) || a > b ? a : b;
}

template <typename T>
void maximum(Stream&, const View& a, const View& b, const View& y) {
  const std::int64_t size = check_elementwise(dtype_of<T>(), {a, b, y});
  for (std::int64_t i = 0; i < size; ++i) y.as<T>()[i] = larger(a.as<T>()[i], b.as<T>()[i]);
}

// gelu(x) = x / 2 (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3).
template <typename T>
inline constexpr T kGeluScale = std::numbers::sqrt2_v<T>* std::numbers::inv_sqrtpi_v<T>;
template <typename T>
inline constexpr T kGeluCubic = T(0.044715);

template <typename T>
void gelu_forward(Stream&, const View& x, const View& y) {
  const std::int64_t size = check_elementwise(dtype_of<T>(), {x, y});
  for (std::int64_t i = 0; i < size; ++i) {
    const T v = x.as<T>()[i];
    y.as<T>()[i] = v / 2 * (1 + std::tanh(kGeluScale<T> * (v + kGeluCubic<T> * v * v * v)));
  }
}

template <typename T>
void gelu_backward(Stream&, const View& x, const View& dy, const View& dx) {
  const std::int64_t size = check_elementwise(dtype_of<T>(), {x, dy, dx});
  for (std::int64_t i = 0; i < size; ++i) {
    const T v = x.as<T>()[i];
    const T tanh = std::tanh(kGeluScale<T> * (v + kGeluCubic<T> * v * v * v));
    const T slope = kGeluScale<T> * (1 + 3 * kGeluCubic<T> * v * v);
    dx.as<T>()[i] = dy.as<T>()[i] * ((1 + tanh) / 2 + v / 2 * (1 - tanh * tanh) * slope);
  }
}

template <typename T>
void residual_forward(Stream&, const View& residual, const View& x, const View& bias, const Dropout& dropout,
                      const View& y) {
  const auto [rows, columns] = check_residual_forward(dtype_of<T>(), residual, x, bias, dropout, y);
  for (std::int64_t t = 0; t < rows; ++t) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const std::int64_t i = t * columns + c;
      const T factor = static_cast<T>(dropout_factor(dropout, t, static_cast<std::uint32_t>(c)));
      const T sum = bias.empty() ? x.as<T>()[i] : x.as<T>()[i] + bias.as<T>()[c];
      y.as<T>()[i] = residual.as<T>()[i] + sum * factor;
    }
  }
}

template <typename T>
void dropout_backward(Stream&, const View& dy, const Dropout& dropout, const View& dx) {
  const auto [rows, columns] = check_dropout_backward(dtype_of<T>(), dy, dropout, dx);
  for (std::int64_t t = 0; t < rows; ++t) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const T factor = static_cast<T>(dropout_factor(dropout, t, static_cast<std::uint32_t>(c)));
      dx.as<T>()[t * columns + c] = dy.as<T>()[t * columns + c] * factor;
    }
  }
}

template <typename T>
void bias_backward(Stream&, const View& dy, const View& dbias) {
  const auto [tokens, n] = check_bias_backward(dtype_of<T>(), dy, dbias);
  for (std::int64_t s = 0; s < dy.dim(0); ++s) {
    for (std::int64_t c = 0; c < n; ++c) {
      T sum = 0;
      for (std::int64_t t = 0; t < tokens; ++t) sum += dy.as<T>()[(s * tokens + t) * n + c];
      dbias.as<T>()[s * n + c] += sum;
    }
  }
}

}  // namespace triaxis::reference
