// What the tests of kernels share. A kernel's run is written once, as a template over the scalar:
//
//   const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) { ...; return outputs; };
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tensor/isa.h"
#include "tensor/kernels.h"

namespace triaxis {

/// A tensor that owns its elements, at an odd address: kernels may ask for no more than a scalar's alignment.
template <typename T>
class TestTensor {
 public:
  explicit TestTensor(std::vector<std::int64_t> shape, double value = 0) : shape_(std::move(shape)) {
    std::int64_t size = 1;
    for (const std::int64_t extent : shape_) size *= extent;
    values_.assign(static_cast<std::size_t>(size) + 1, static_cast<T>(value));
  }

  View view() { return {values_.data() + 1, dtype_of<T>(), shape_}; }
  std::int64_t size() const { return static_cast<std::int64_t>(values_.size()) - 1; }
  T* begin() { return values_.data() + 1; }
  T* end() { return values_.data() + values_.size(); }
  T& operator[](std::int64_t i) { return values_[static_cast<std::size_t>(i) + 1]; }

 private:
  std::vector<std::int64_t> shape_;
  std::vector<T> values_;
};

/// Normal numbers that float holds exactly, the same for every T.
template <typename T>
TestTensor<T> random_tensor(std::vector<std::int64_t> shape, std::uint64_t seed, double deviation = 1) {
  TestTensor<T> tensor(std::move(shape));
  const RandomKey key = random_key(seed, 0, 0);
  std::uint64_t i = 0;
  for (T& value : tensor) value = static_cast<T>(static_cast<float>(deviation * random_normal(key, i++)));
  return tensor;
}

/// Token ids that own their memory: `batch` sequences, numbered from 1000 on, whose documents start at `starts`.
class TestTokens {
 public:
  TestTokens(std::int64_t batch, std::int64_t seq, const std::vector<std::int32_t>& starts = {0})
      : sequences_({batch}), positions_({batch, seq}), document_starts_({batch, seq}) {
    for (std::int64_t b = 0; b < batch; ++b) {
      sequences_[b] = (std::int64_t{1} << 32) + 1000 + b;
      for (std::int64_t t = 0; t < seq; ++t) {
        positions_[b * seq + t] = static_cast<std::int32_t>(t);
        for (const std::int32_t start : starts) {
          if (start <= t) document_starts_[b * seq + t] = start;
        }
      }
    }
    ids_ = {batch, seq, sequences_.view(), positions_.view(), document_starts_.view()};
  }
  TestTokens(const TestTokens&) = delete;
  TestTokens& operator=(const TestTokens&) = delete;

  const TokenIds& ids() const { return ids_; }
  TestTensor<std::int32_t>& positions() { return positions_; }
  TestTensor<std::int32_t>& document_starts() { return document_starts_; }

 private:
  TestTensor<std::int64_t> sequences_;
  TestTensor<std::int32_t> positions_;
  TestTensor<std::int32_t> document_starts_;
  TokenIds ids_;
};

using Outputs = std::vector<double>;

template <typename T>
void append(Outputs& outputs, TestTensor<T>& tensor) {
  outputs.insert(outputs.end(), tensor.begin(), tensor.end());
}

/// The same bits, NaN included.
inline void expect_same_bits(const Outputs& a, const Outputs& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  const auto same = [](double u, double v) {
    return std::bit_cast<std::uint64_t>(u) == std::bit_cast<std::uint64_t>(v);
  };
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), same)) << what;
}

/// Each within `tolerance` of the other, relative to the largest of all.
inline void expect_near(const Outputs& actual, const Outputs& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance * largest) << what << ", output " << i;
  }
}

/// Runs body(name) at each instruction set that the machine has.
inline void for_each_isa(const std::function<void(const std::string&)>& body) {
  for (std::int64_t left = supported_isa(); left != 0; left &= left - 1) {
    hwy::SetSupportedTargetsForTest(left & -left);
    body(std::string(isa_name()));
    hwy::SetSupportedTargetsForTest(0);
  }
}

/// Compares the fast kernel at every instruction set and reference<float> with reference<double>, and the fast one's
/// bits with 1, 2 and 3 threads.
template <typename Run>
void check_kernel(const Run& run, double tolerance, const std::string& what) {
  Stream one(1);
  const Outputs exact = run.template operator()<double>(reference_kernels<double>(), one);
  expect_near(run.template operator()<float>(reference_kernels<float>(), one), exact, tolerance, what + " (reference)");
  for_each_isa([&](const std::string& isa) {
    const Outputs fast = run.template operator()<float>(fast_kernels(), one);
    expect_near(fast, exact, tolerance, what + " at " + isa);
    for (const int threads : {2, 3}) {
      Stream stream(threads);
      expect_same_bits(run.template operator()<float>(fast_kernels(), stream), fast,
                       fmt::format("{} over threads at {}", what, isa));
    }
  });
}

/// Compares a gradient with central differences of `loss`, a function of `x`, on reference<double>.
inline void check_gradient(TestTensor<double>& x, TestTensor<double>& gradient, const std::function<double()>& loss,
                           const std::string& what) {
  constexpr double kStep = 1e-5;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double value = x[i];
    x[i] = value + kStep;
    const double above = loss();
    x[i] = value - kStep;
    const double below = loss();
    x[i] = value;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-7 * (1 + std::abs(gradient[i]))) << what << " " << i;
  }
}

/// The sum of x times y, a loss whose gradient for x is y.
template <typename T>
double weighted_sum(TestTensor<T>& x, TestTensor<T>& y) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) sum += double(x[i]) * double(y[i]);
  return sum;
}

}  // namespace triaxis
