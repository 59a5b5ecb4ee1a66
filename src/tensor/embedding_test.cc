#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

/// Ids from 0 to `vocab` - 1, many of them repeated.
TestTensor<std::int32_t> some_ids(std::int64_t tokens, std::int64_t vocab) {
  TestTensor<std::int32_t> ids({tokens});
  for (std::int64_t t = 0; t < tokens; ++t) ids[t] = static_cast<std::int32_t>(t * t * 7 % vocab);
  return ids;
}

TEST(Embedding, MatchesReference) {
  constexpr std::int64_t kRows = 11;
  for (const std::int64_t shards : {1, 2, 3}) {
    for (const std::int64_t tokens : {1, 7, 65, 100}) {
      for (const std::int64_t h : {1, 7, 63, 64, 65, 100}) {
        const auto run = [=]<typename T>(const Kernels& kernels, Stream& stream) {
          auto ids = some_ids(tokens, 50);
          auto table = random_tensor<T>({shards, kRows, h}, 1);
          auto dy = random_tensor<T>({tokens, h}, 2);
          auto dtable = random_tensor<T>({shards, kRows, h}, 3);
          TestTensor<T> y({tokens, h}, 9);
          kernels.embedding_forward(stream, ids.view(), table.view(), 5, y.view());
          kernels.embedding_backward(stream, ids.view(), dy.view(), 5, dtable.view());
          Outputs outputs;
          append(outputs, y);
          append(outputs, dtable);
          return outputs;
        };
        check_kernel(run, 1e-6, std::to_string(tokens) + " x " + std::to_string(h));
      }
    }
  }
}

TEST(Embedding, ShardsSumToTheWholeTableWithTheSameBits) {
  constexpr std::int64_t kTokens = 40, kWidth = 20;
  Stream stream(1);
  auto ids = some_ids(kTokens, 12);
  auto table = random_tensor<float>({3, 4, kWidth}, 1);
  table[0] = -0.0f;
  auto dy = random_tensor<float>({kTokens, kWidth}, 2);
  TestTensor<float> whole({kTokens, kWidth}), sum({kTokens, kWidth}), part({kTokens, kWidth});
  TestTensor<float> dwhole({3, 4, kWidth}), dparts({3, 4, kWidth});
  const Kernels& kernels = fast_kernels();
  kernels.embedding_forward(stream, ids.view(), table.view(), 0, whole.view());
  kernels.embedding_backward(stream, ids.view(), dy.view(), 0, dwhole.view());
  for (std::int64_t s = 0; s < 3; ++s) {
    kernels.embedding_forward(stream, ids.view(), table.view().rows(s, 1), 4 * s, part.view());
    kernels.add(stream, sum.view(), part.view(), sum.view());
    kernels.embedding_backward(stream, ids.view(), dy.view(), 4 * s, dparts.view().rows(s, 1));
  }
  Outputs a, b;
  append(a, whole);
  append(a, dwhole);
  append(b, sum);
  append(b, dparts);
  expect_same_bits(a, b, "shards");
}

TEST(Embedding, GradientMatchesDifferences) {
  constexpr std::int64_t kTokens = 9, kWidth = 3;
  const Kernels& kernels = reference_kernels<double>();
  Stream stream(1);
  auto ids = some_ids(kTokens, 6);
  auto table = random_tensor<double>({1, 4, kWidth}, 1);
  auto dy = random_tensor<double>({kTokens, kWidth}, 2);
  TestTensor<double> y({kTokens, kWidth}), dtable({1, 4, kWidth});
  kernels.embedding_backward(stream, ids.view(), dy.view(), 1, dtable.view());
  const auto loss = [&] {
    kernels.embedding_forward(stream, ids.view(), table.view(), 1, y.view());
    return weighted_sum(y, dy);
  };
  check_gradient(table, dtable, loss, "dtable");
}

}  // namespace
}  // namespace triaxis
