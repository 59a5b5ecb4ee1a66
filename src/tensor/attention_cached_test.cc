#include <limits>

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

AttentionShape shape_of(std::int64_t shards, std::int64_t heads, std::int64_t head_dim) {
  return {shards, heads, head_dim, 0, 1 / std::sqrt(double(head_dim))};
}

/// The rows of tokens [first, first + count) of a [shards, tokens, n] tensor, and rows of `rest` up to `padded`.
template <typename T>
TestTensor<T> part(TestTensor<T>& whole, std::int64_t first, std::int64_t count, std::int64_t padded) {
  const View view = whole.view();
  const std::int64_t n = view.dim(2);
  TestTensor<T> rows({view.dim(0), padded, n}, 77);
  for (std::int64_t s = 0; s < view.dim(0); ++s) {
    std::copy_n(whole.begin() + (s * view.dim(1) + first) * n, count * n, rows.begin() + s * padded * n);
  }
  return rows;
}

/// Feeds the tokens of qkv [shards, tokens, 3 * width] in calls of `steps` tokens, the last step repeated; every call
/// has room for `padding` more. RETURNS: out [shards, tokens, width].
template <typename T>
TestTensor<T> run_cached(const Kernels& kernels, Stream& stream, const AttentionShape& shape, TestTensor<T>& qkv,
                         const std::vector<std::int64_t>& steps, std::int64_t padding = 0) {
  const std::int64_t tokens = qkv.view().dim(1);
  const std::int64_t width = shape.heads * shape.head_dim;
  TestTensor<T> out({shape.shards, tokens, width});
  TestTensor<T> cache({kernels.attention_cache_size(shape, tokens)});
  stream.reserve_scratch(kernels.attention_scratch(shape, tokens));
  std::size_t call = 0;
  for (std::int64_t past = 0; past < tokens;) {
    const std::int64_t count = std::min(steps[std::min(call++, steps.size() - 1)], tokens - past);
    TestTensor<T> rows = part(qkv, past, count, count + padding);
    TestTensor<T> result({shape.shards, count + padding, width}, 55);
    kernels.attention_cached(stream, shape, past, count, rows.view(), cache.view(), result.view());
    for (std::int64_t s = 0; s < shape.shards; ++s) {
      T* const from = result.begin() + s * (count + padding) * width;
      std::copy_n(from, count * width, out.begin() + (s * tokens + past) * width);
      for (std::int64_t i = count * width; i < (count + padding) * width; ++i) EXPECT_EQ(from[i], T(55));
    }
    past += count;
  }
  return out;
}

/// What attention_forward makes of the whole sequence.
template <typename T>
TestTensor<T> run_whole(const Kernels& kernels, Stream& stream, const AttentionShape& shape, TestTensor<T>& qkv) {
  const std::int64_t tokens = qkv.view().dim(1);
  const TestTokens ids(1, tokens);
  TestTensor<T> out({shape.shards, tokens, shape.heads * shape.head_dim});
  TestTensor<T> lse({shape.shards, shape.heads, tokens});
  stream.reserve_scratch(kernels.attention_scratch(shape, tokens));
  kernels.attention_forward(stream, shape, ids.ids(), qkv.view(), {}, out.view(), lse.view());
  return out;
}

Outputs outputs_of(TestTensor<float>& tensor) { return {tensor.begin(), tensor.end()}; }

void check_cached(const AttentionShape& shape, std::int64_t tokens, const std::vector<std::int64_t>& steps) {
  const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
    TestTensor<T> qkv = random_tensor<T>({shape.shards, tokens, 3 * shape.heads * shape.head_dim}, 1);
    TestTensor<T> cached = run_cached(kernels, stream, shape, qkv, steps, 2);
    TestTensor<T> whole = run_whole(kernels, stream, shape, qkv);
    Outputs outputs(cached.begin(), cached.end());
    expect_near(outputs, {whole.begin(), whole.end()}, 2e-6, "the whole sequence at once");
    return outputs;
  };
  check_kernel(run, 2e-6, fmt::format("{} tokens in steps of {}", tokens, steps.back()));
}

TEST(AttentionCached, MatchesTheWholeSequenceOverSteps) {
  for (const std::int64_t tokens : {1, 5, 64, 65, 150}) {
    for (const std::vector<std::int64_t>& steps :
         {std::vector<std::int64_t>{1}, std::vector<std::int64_t>{7}, std::vector<std::int64_t>{64},
          std::vector<std::int64_t>{63, 2, 1}, std::vector<std::int64_t>{tokens}}) {
      check_cached(shape_of(2, 2, 24), tokens, steps);
    }
  }
}

TEST(AttentionCached, MatchesTheWholeSequenceOverHeadSizes) {
  for (const std::int64_t head_dim : {1, 7, 16, 63, 64, 65, 128}) check_cached(shape_of(1, 1, head_dim), 70, {30, 1});
}

TEST(AttentionCached, ATokenIsTheSameWhateverCameWithIt) {
  const AttentionShape shape = shape_of(2, 3, 20);
  Stream stream(2);
  TestTensor<float> qkv = random_tensor<float>({2, 200, 180}, 1);
  TestTensor<float> alone = run_cached(fast_kernels(), stream, shape, qkv, {1});
  for (const std::int64_t step : {3, 64, 200}) {
    TestTensor<float> together = run_cached(fast_kernels(), stream, shape, qkv, {step});
    expect_same_bits(outputs_of(together), outputs_of(alone), fmt::format("steps of {}", step));
  }
}

TEST(AttentionCached, TheCacheCanBeFilledAnew) {
  const AttentionShape shape = shape_of(1, 2, 8);
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    Stream stream(1);
    stream.reserve_scratch(kernels->attention_scratch(shape, 100));
    TestTensor<float> old = random_tensor<float>({1, 100, 48}, 1);
    TestTensor<float> qkv = random_tensor<float>({1, 90, 48}, 2);
    TestTensor<float> cache({kernels->attention_cache_size(shape, 100)});
    TestTensor<float> ignored({1, 100, 16});
    TestTensor<float> out({1, 90, 16});
    kernels->attention_cached(stream, shape, 0, 100, old.view(), cache.view(), ignored.view());
    kernels->attention_cached(stream, shape, 0, 90, qkv.view(), cache.view(), out.view());
    TestTensor<float> fresh = run_cached(*kernels, stream, shape, qkv, {90});
    expect_same_bits(outputs_of(out), outputs_of(fresh), "over older tokens");
  }
}

TEST(AttentionCached, NaNReachesTheQueriesThatSeeIt) {
  const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
    TestTensor<T> qkv = random_tensor<T>({1, 100, 24}, 1);
    qkv[80 * 24 + 8] = std::numeric_limits<T>::quiet_NaN();  // A key's.
    TestTensor<T> out = run_cached(kernels, stream, shape_of(1, 1, 8), qkv, {50, 1});
    for (std::int64_t t = 0; t < 100; ++t) EXPECT_EQ(std::isnan(out[t * 8]), t >= 80) << t;
    return Outputs{};
  };
  check_kernel(run, 0, "NaN");
}

TEST(AttentionCached, WhatDoesNotFitIsRefused) {
  const AttentionShape shape = shape_of(1, 1, 8);
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    Stream stream(1);
    stream.reserve_scratch(kernels->attention_scratch(shape, 200));
    TestTensor<float> qkv({1, 4, 24}), out({1, 4, 8}), cache({kernels->attention_cache_size(shape, 64)});
    const auto call = [&](std::int64_t past, std::int64_t count) {
      kernels->attention_cached(stream, shape, past, count, qkv.view(), cache.view(), out.view());
    };
    EXPECT_NO_THROW(call(60, 4));
    EXPECT_THROW(call(61, 4), std::logic_error);
    EXPECT_THROW(call(0, 5), std::logic_error);
    EXPECT_THROW(call(-1, 1), std::logic_error);
    EXPECT_THROW(call(0, 0), std::logic_error);
  }
}

}  // namespace
}  // namespace triaxis
