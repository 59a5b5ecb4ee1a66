// Cross-entropy over a vocabulary cut into shards.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/kernel_checks.h"
#include "tensor/reference/elementwise.h"

namespace triaxis::reference {

template <typename T>
void cross_entropy_max(Stream&, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max) {
  const LogitsShape shape = check_cross_entropy_max(dtype_of<T>(), logits, first_id, vocab, max);
  for (std::int64_t t = 0; t < shape.tokens; ++t) {
    T largest = -std::numeric_limits<T>::infinity();
    for (std::int64_t s = 0; s < shape.shards; ++s) {
      const T* row = logits.as<T>() + (s * shape.tokens + t) * shape.width;
      for (std::int64_t c = 0; c < shape.valid(s); ++c) largest = larger(largest, row[c]);
    }
    max.as<T>()[t] = largest;
  }
}

template <typename T>
void cross_entropy_sums(Stream&, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max,
                        const View& targets, const View& partial) {
  const LogitsShape shape = check_cross_entropy_sums(dtype_of<T>(), logits, first_id, vocab, max, targets, partial);
  for (std::int64_t s = 0; s < shape.shards; ++s) {
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      const T* row = logits.as<T>() + (s * shape.tokens + t) * shape.width;
      T sum = 0;
      for (std::int64_t c = 0; c < shape.valid(s); ++c) sum += std::exp(row[c] - max.as<T>()[t]);
      const std::int64_t target = shape.column(s, targets.as<std::int32_t>()[t]);
      partial.as<T>()[(2 * s) * shape.tokens + t] = sum;
      partial.as<T>()[(2 * s + 1) * shape.tokens + t] = target >= 0 ? row[target] : T(0);
    }
  }
}

template <typename T>
void cross_entropy_loss(Stream&, const View& sums, const View& max, const View& lse, const View& losses) {
  const auto [sequences, seq] = check_cross_entropy_loss(dtype_of<T>(), sums, max, lse, losses);
  for (std::int64_t b = 0; b < sequences; ++b) {
    double loss = 0;
    for (std::int64_t t = b * seq; t < (b + 1) * seq; ++t) {
      const double log_sum = double(max.as<T>()[t]) + std::log(double(sums.as<T>()[t]));
      lse.as<T>()[t] = static_cast<T>(log_sum);
      loss += log_sum - double(sums.as<T>()[max.size() + t]);
    }
    losses.as<double>()[b] = loss;
  }
}

template <typename T>
void cross_entropy_backward(Stream&, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& lse,
                            const View& targets, double scale) {
  const LogitsShape shape = check_cross_entropy_backward(dtype_of<T>(), logits, first_id, vocab, lse, targets);
  for (std::int64_t s = 0; s < shape.shards; ++s) {
    const std::int64_t valid = shape.valid(s);
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      T* row = logits.as<T>() + (s * shape.tokens + t) * shape.width;
      const std::int64_t target = shape.column(s, targets.as<std::int32_t>()[t]);
      for (std::int64_t c = 0; c < valid; ++c) {
        const T probability = std::exp(row[c] - lse.as<T>()[t]);
        row[c] = (c == target ? probability - 1 : probability) * static_cast<T>(scale);
      }
      std::fill(row + valid, row + shape.width, T(0));
    }
  }
}

}  // namespace triaxis::reference
