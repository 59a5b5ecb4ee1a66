// Training of GPT-2 124M in one process, as a share of the packed oneDNN rate of the same minutes, and where a step's
// time goes, kernel by kernel. bench_train [measured steps [section.key=value...]]; 3 steps unless given.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/philox.h"
#include "comm/local/local.h"
#include "config/config.h"
#include "cost/flops.h"
#include "tensor/gemm_rate.h"
#include "train/trainer.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kConfig = R"(
[model]
layers = 12
hidden = 768
heads = 12
vocab = 50304
seq_len = 1024
[data]
path = "unused"
[batch]
global = 2
micro = 1
)";

/// The machine's rate: the best over products of the sizes that the model has.
double gemm_rate(Stream& stream) {
  return std::max(measure_gemm_rate(stream, 1024, 3072, 768), measure_gemm_rate(stream, 2048, 4096, 1024));
}

/// Random tokens: what they are changes nothing about the time.
FillSequence random_tokens(std::int64_t vocab) {
  return [vocab, key = random_key(1, 0, site_hash("bench"))](std::int64_t sequence, std::span<std::int32_t> ids,
                                                             std::span<std::int32_t> targets) {
    const auto token = [&](std::size_t t) {
      const auto bits = random_bits(key, static_cast<std::uint64_t>(sequence), static_cast<std::uint32_t>(t), 0);
      return static_cast<std::int32_t>(bits % static_cast<std::uint32_t>(vocab));
    };
    for (std::size_t t = 0; t < ids.size(); ++t) {
      ids[t] = token(t);
      targets[t] = token(t + 1);
    }
  };
}

void print_profile(const Stream& stream, double total, std::int64_t steps) {
  std::vector<std::pair<std::string, KernelTime>> kernels(stream.profile().begin(), stream.profile().end());
  std::sort(kernels.begin(), kernels.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  double rest = total;
  fmt::print("{:<28} {:>10} {:>12} {:>7}\n", "kernel", "calls/step", "seconds/step", "share");
  const auto row = [&](std::string_view name, std::int64_t calls, double seconds) {
    const auto count = static_cast<double>(steps);
    fmt::print("{:<28} {:>10} {:>12.4f} {:>6.1f}%\n", name, calls / steps, seconds / count, 100 * seconds / total);
  };
  for (const auto& [name, time] : kernels) {
    row(name, time.calls, time.seconds);
    rest -= time.seconds;
  }
  row("outside kernels", 0, rest);
}

void run(World& world, const Config& config, std::int64_t steps) {
  const RunPlan plan = plan_run(config);
  Trainer trainer(world, config, plan);
  Stream& stream = trainer.stream();
  const FillSequence fill = random_tokens(config.model.vocab);
  trainer.step(1, fill, {});

  stream.set_profiling(true);
  double rate = gemm_rate(stream);
  double best = std::numeric_limits<double>::infinity();
  double total = 0;
  for (std::int64_t step = 2; step < steps + 2; ++step) {
    const Clock::time_point start = Clock::now();
    const StepResult result = trainer.step(step, fill, {});
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    fmt::print("step {}: {:.3f} s, loss {:.4f}\n", step, seconds, result.loss);
    best = std::min(best, seconds);
    total += seconds;
    rate = std::max(rate, gemm_rate(stream));  // Between the steps: other programs come and go.
  }

  const double tokens = static_cast<double>(config.batch.global) * static_cast<double>(config.model.seq_len);
  const double flops = model_flops_per_token(config.model) * tokens;
  const double mean = total / static_cast<double>(steps);
  fmt::print("threads {}, packed oneDNN {:.1f} GFLOP/s\n", stream.threads(), rate / 1e9);
  fmt::print("best step {:.3f} s: {:.0f} tokens/s, {:.1f} model GFLOP/s, share {:.3f}\n", best, tokens / best,
             flops / best / 1e9, flops / best / rate);
  fmt::print("mean step {:.3f} s: {:.0f} tokens/s, {:.1f} model GFLOP/s, share {:.3f}\n\n", mean, tokens / mean,
             flops / mean / 1e9, flops / mean / rate);
  print_profile(stream, total, steps);
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  try {
    const std::int64_t steps = argc > 1 ? std::max(1LL, std::atoll(argv[1])) : 3;
    const std::vector<std::string> sets(argv + std::min(argc, 2), argv + argc);
    const triaxis::Config config = triaxis::parse_config(triaxis::kConfig, "bench_train", sets);
    triaxis::run_local(1, [&](triaxis::World& world) { triaxis::run(world, config, steps); });
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_train: {}\n", error.what());
    return 1;
  }
}
