// Kernels at the shapes of GPT-2: the memory-bound ones as shares of the rate of a plain addition of large tensors,
// attention as a share of the packed oneDNN rate, both of the same minute. bench_kernels [threads [seq [heads [head_dim
// [vocabulary]]]]]; 2, 1024, 12, 64 and 50304 unless given.
#include "tensor/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <vector>

#include "tensor/arena.h"
#include "tensor/gemm_rate.h"
#include "tensor/isa.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 9;

/// RETURNS: seconds of one call, the best of a few.
double best_seconds(const std::function<void()>& call) {
  double best = 1e9;
  for (int i = 0; i < kRounds; ++i) {
    const Clock::time_point start = Clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

struct Shape {
  std::int64_t seq, heads, head_dim, vocabulary;
  std::int64_t hidden() const { return heads * head_dim; }
};

class Bench {
 public:
  Bench(int threads, const Shape& shape)
      : shape_(shape),
        stream_(threads),
        arena_(ledger_, Category::kWorkspace,
               sizeof(float) * static_cast<std::size_t>(30 * shape.seq * shape.hidden() + 4 * kLarge +
                                                        shape.seq * (shape.vocabulary + 32) + (1 << 16))) {}

  void run() {
    const View a = tensor({kLarge}), b = tensor({kLarge}), y = tensor({kLarge}), v = tensor({kLarge});
    memory_rate_ = 12.0 * double(kLarge) / best_seconds([&] { kernels_.add(stream_, a, b, y); });
    fmt::print("{} threads, {}: {:.1f} GB/s memory, {:.1f} GFLOP/s packed oneDNN\n", stream_.threads(), isa_name(),
               memory_rate_ / 1e9, measure_gemm_rate(stream_) / 1e9);
    const AdamStep step{.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0.1};
    memory("adamw", 28 * kLarge, [&] { kernels_.adamw(stream_, step, a, b, y, v); });
    const View sum(&sum_, DType::kF64, {1});
    memory("sum_of_squares", 4 * kLarge, [&] { kernels_.sum_of_squares(stream_, a, sum); });
    rows();
    cross_entropy();
    attention();
  }

 private:
  static constexpr std::int64_t kLarge = 1 << 24;

  View tensor(std::initializer_list<std::int64_t> shape) {
    const View view = arena_.allocate(DType::kF32, shape);
    kernels_.fill_normal(stream_, view.reshape({view.size()}), random_key(1, 0, arena_.used()), 0.5,
                         {0, 0, view.size()});
    return view;
  }

  void memory(std::string_view name, std::int64_t bytes, const std::function<void()>& call) {
    const double seconds = best_seconds(call);
    const double rate = double(bytes) / seconds;
    fmt::print("{:<28} {:>9.3f} ms {:>8.1f} GB/s {:>6.0f} %\n", name, seconds * 1e3, rate / 1e9,
               100 * rate / memory_rate_);
  }

  void compute(std::string_view name, double flops, const std::function<void()>& call) {
    double seconds = 1e9;
    double gemm_rate = 0;
    for (int i = 0; i < 3; ++i) {  // Beside every measurement: other programs come and go.
      gemm_rate = std::max(gemm_rate, measure_gemm_rate(stream_));
      seconds = std::min(seconds, best_seconds(call));
    }
    fmt::print("{:<28} {:>9.3f} ms {:>8.1f} GFLOP/s {:>6.0f} %\n", name, seconds * 1e3, flops / seconds / 1e9,
               100 * flops / seconds / gemm_rate);
  }

  void rows() {
    const std::int64_t tokens = shape_.seq, h = shape_.hidden();
    const View wide = tensor({1, tokens, 4 * h}), wide_y = tensor({1, tokens, 4 * h});
    const std::int64_t wide_bytes = 16 * tokens * h, bytes = 4 * tokens * h;
    memory("gelu_forward", 2 * wide_bytes, [&] { kernels_.gelu_forward(stream_, wide, wide_y); });
    memory("gelu_backward", 3 * wide_bytes, [&] { kernels_.gelu_backward(stream_, wide, wide_y, wide_y); });
    const View bias = tensor({1, 4 * h});
    memory("bias_backward", wide_bytes, [&] { kernels_.bias_backward(stream_, wide, bias); });

    const View x = tensor({tokens, h}), y = tensor({tokens, h}), r = tensor({tokens, h});
    const View gamma = tensor({h}), beta = tensor({h}), mean = tensor({tokens}), rstd = tensor({tokens});
    memory("layernorm_forward", 2 * bytes,
           [&] { kernels_.layernorm_forward(stream_, x, gamma, beta, 1e-5, y, mean, rstd); });
    memory("layernorm_backward_input", 4 * bytes,
           [&] { kernels_.layernorm_backward_input(stream_, y, x, gamma, mean, rstd, r, r); });
    memory("layernorm_backward_weight", 2 * bytes,
           [&] { kernels_.layernorm_backward_weight(stream_, y, x, mean, rstd, gamma, beta); });
    memory("residual_forward", 3 * bytes, [&] { kernels_.residual_forward(stream_, r, x, gamma, {}, y); });
    const Dropout dropout{0.1, {}, &ids()};
    memory("residual_forward, dropout", 3 * bytes,
           [&] { kernels_.residual_forward(stream_, r, x, gamma, dropout, y); });
    const View table = tensor({1, tokens, h});
    memory("embedding_forward", 2 * bytes, [&] { kernels_.embedding_forward(stream_, ids().positions, table, 0, y); });
    memory("embedding_backward", 3 * bytes,
           [&] { kernels_.embedding_backward(stream_, ids().positions, y, 0, table); });
  }

  void cross_entropy() {
    const std::int64_t tokens = shape_.seq, vocab = shape_.vocabulary, bytes = 4 * tokens * vocab;
    const View logits = tensor({1, tokens, vocab});
    const View max = tensor({tokens}), partial = tensor({1, 2, tokens}), lse = tensor({tokens});
    const View targets = ids().positions;
    memory("cross_entropy_max", bytes, [&] { kernels_.cross_entropy_max(stream_, logits, 0, vocab, max); });
    memory("cross_entropy_sums", bytes,
           [&] { kernels_.cross_entropy_sums(stream_, logits, 0, vocab, max, targets, partial); });
    memory("cross_entropy_backward", 2 * bytes,
           [&] { kernels_.cross_entropy_backward(stream_, logits, 0, vocab, lse, targets, 1); });
  }

  /// FLOPs are those of the products that cannot be left out, two forward and five backward, for the visible half.
  void attention() {
    const std::int64_t tokens = shape_.seq, h = shape_.hidden();
    AttentionShape shape{.heads = shape_.heads, .head_dim = shape_.head_dim};
    shape.scale = 1 / std::sqrt(double(shape.head_dim));
    stream_.reserve_scratch(kernels_.attention_scratch(shape, tokens));
    const View qkv = tensor({1, tokens, 3 * h}), dqkv = tensor({1, tokens, 3 * h});
    const View out = tensor({1, tokens, h}), dout = tensor({1, tokens, h}), lse = tensor({1, shape.heads, tokens});
    const double product = double(h) * double(tokens) * double(tokens + 1);
    for (const double probability : {0.0, 0.1}) {
      const Dropout dropout{probability, {}, &ids()};
      compute(probability == 0 ? "attention_forward" : "attention_forward, dropout", 2 * product,
              [&] { kernels_.attention_forward(stream_, shape, ids(), qkv, dropout, out, lse); });
      compute(probability == 0 ? "attention_backward" : "attention_backward, dropout", 5 * product,
              [&] { kernels_.attention_backward(stream_, shape, ids(), qkv, out, lse, dout, dropout, dqkv); });
    }
  }

  /// One sequence of one document.
  const TokenIds& ids() {
    if (ids_.batch == 0) {
      for (std::int64_t t = 0; t < shape_.seq; ++t) positions_.push_back(static_cast<std::int32_t>(t));
      starts_.assign(positions_.size(), 0);
      ids_ = {1, shape_.seq, View(&sequence_, DType::kI64, {1}), View(positions_.data(), DType::kI32, {shape_.seq}),
              View(starts_.data(), DType::kI32, {shape_.seq})};
    }
    return ids_;
  }

  Shape shape_;
  Stream stream_;
  MemoryLedger ledger_;
  Arena arena_;
  const Kernels& kernels_ = fast_kernels();
  double memory_rate_ = 0;
  double sum_ = 0;
  std::int64_t sequence_ = 0;
  std::vector<std::int32_t> positions_, starts_;
  TokenIds ids_;
};

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::int64_t otherwise) { return argc > i ? std::atoll(argv[i]) : otherwise; };
  triaxis::Bench bench(static_cast<int>(argument(1, 2)),
                       {argument(2, 1024), argument(3, 12), argument(4, 64), argument(5, 50304)});
  bench.run();
}
