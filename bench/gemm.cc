// Rates of the GPT-2 products through GemmPlan, as shares of the packed oneDNN rate of the same minute.
// bench_gemm [threads [tokens [hidden [vocabulary]]]]; 2, 1024, 768 and 50304 unless given.
#include "tensor/gemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "tensor/arena.h"
#include "tensor/gemm_rate.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;

struct Product {
  std::string_view name;
  GemmShape shape;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A layer's three products: y = x W^T, dx = dy W, dW += dy^T x, for a weight [out, in].
void add_layer(std::vector<Product>& products, std::string_view name, std::int64_t tokens, std::int64_t out,
               std::int64_t in) {
  products.push_back({name, {.m = tokens, .n = out, .k = in, .transpose_b = true, .pack_b = true}});
  products.push_back({name, {.m = tokens, .n = in, .k = out, .pack_b = true}});
  products.push_back({name, {.m = out, .n = in, .k = tokens, .transpose_a = true, .accumulate = true}});
}

std::string_view form_of(const GemmShape& shape) {
  if (shape.accumulate) return "dW";
  return shape.transpose_b ? "y" : "dx";
}

class Bench {
 public:
  Bench(Stream& stream, const GemmShape& shape)
      : stream_(stream),
        plan_(GemmEngine::kFast, stream, shape),
        arena_(ledger_, Category::kWorkspace,
               Arena::footprint(DType::kF32, shape.m * shape.k) + Arena::footprint(DType::kF32, shape.m * shape.n) +
                   Arena::footprint(DType::kF32, shape.n * shape.k) + plan_.packed_bytes() + 64),
        a_(matrix(shape.m, shape.k, shape.transpose_a)),
        b_(matrix(shape.k, shape.n, shape.transpose_b)),
        c_(matrix(shape.m, shape.n, false)) {
    if (!shape.pack_b) return;
    const View packed = arena_.allocate(DType::kF32, {static_cast<std::int64_t>(plan_.packed_bytes() / sizeof(float))});
    const Clock::time_point start = Clock::now();
    plan_.pack(stream, b_, packed);
    pack_seconds_ = seconds_since(start);
    b_ = packed;
  }

  double pack_seconds() const { return pack_seconds_; }

  /// RETURNS: seconds of one run, the best of a few.
  double run() {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const Clock::time_point start = Clock::now();
      plan_.run(stream_, a_, b_, View(), c_);
      best = std::min(best, seconds_since(start));
    }
    return best;
  }

 private:
  View matrix(std::int64_t rows, std::int64_t columns, bool transposed) {
    const View view =
        transposed ? arena_.allocate(DType::kF32, {columns, rows}) : arena_.allocate(DType::kF32, {rows, columns});
    float* const values = view.as<float>();
    for (std::int64_t i = 0; i < view.size(); ++i) values[i] = static_cast<float>(i % 89) / 89.0F - 0.5F;
    return view;
  }

  Stream& stream_;
  MemoryLedger ledger_;
  GemmPlan plan_;
  Arena arena_;
  View a_;
  View b_;
  View c_;
  double pack_seconds_ = 0;
};

void print_row(const Product& product, double seconds, double rate, double plan_seconds, double pack_seconds) {
  const GemmShape& s = product.shape;
  const double flops = 2.0 * static_cast<double>(s.m * s.n * s.k);
  fmt::print("{:<16} {:<3} {:>6} {:>6} {:>6} {:>9.3f} {:>8.1f} {:>7.1f}% {:>8.2f} {:>8.2f}\n", product.name, form_of(s),
             s.m, s.n, s.k, seconds * 1e3, flops / seconds / 1e9, 100 * flops / seconds / rate, pack_seconds * 1e3,
             plan_seconds * 1e3);
}

void run(int threads, std::int64_t tokens, std::int64_t hidden, std::int64_t vocabulary) {
  Stream stream(threads);
  std::vector<Product> products;
  add_layer(products, "attention qkv", tokens, 3 * hidden, hidden);
  add_layer(products, "attention output", tokens, hidden, hidden);
  add_layer(products, "mlp up", tokens, 4 * hidden, hidden);
  add_layer(products, "mlp down", tokens, hidden, 4 * hidden);
  add_layer(products, "head", tokens, vocabulary, hidden);
  add_layer(products, "mlp up, 1 token", 1, 4 * hidden, hidden);

  double rate = 0;
  for (int round = 0; round < kRounds; ++round) rate = std::max(rate, measure_gemm_rate(stream));
  fmt::print("packed oneDNN on {} threads: {:.1f} GFLOP/s\n", threads, rate / 1e9);
  fmt::print("{:<16} {:<3} {:>6} {:>6} {:>6} {:>9} {:>8} {:>8} {:>8} {:>8}\n", "product", "", "m", "n", "k", "ms",
             "GFLOP/s", "share", "pack ms", "plan ms");
  double flops = 0;
  double total = 0;
  for (const Product& product : products) {
    const Clock::time_point start = Clock::now();
    const GemmPlan plan(GemmEngine::kFast, stream, product.shape);
    const double plan_seconds = seconds_since(start);
    Bench bench(stream, product.shape);
    double best = 1e9;
    for (int round = 0; round < kRounds; ++round) {
      rate = std::max(rate, measure_gemm_rate(stream));  // Beside every measurement: other programs come and go.
      best = std::min(best, bench.run());
    }
    print_row(product, best, rate, plan_seconds, bench.pack_seconds());
    flops += 2.0 * static_cast<double>(product.shape.m * product.shape.n * product.shape.k);
    total += best;
  }
  fmt::print("together: {:.1f} GFLOP/s, {:.1f} % of {:.1f}\n", flops / total / 1e9, 100 * flops / total / rate,
             rate / 1e9);
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::int64_t otherwise) { return argc > i ? std::atoll(argv[i]) : otherwise; };
  triaxis::run(static_cast<int>(argument(1, 2)), argument(2, 1024), argument(3, 768), argument(4, 50304));
}
