// Decoding with GPT-2 124M in one process: the weights' bytes read a second as a share of the memory's rate of the same
// minutes, the rate at which a prompt is read as a share of the packed oneDNN rate, and where the time of a token goes.
// bench_generate [tokens [threads]]; 100 tokens on all cores unless given.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <span>
#include <thread>
#include <vector>

#include "generate/decoder.h"
#include "tensor/gemm_rate.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

template <typename Body>
double seconds_of(Body&& body) {
  const Clock::time_point start = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Bytes a second that the threads read of a block far larger than any cache: the best of three passes.
double memory_rate(Stream& stream, const HostMemory& memory) {
  const std::span block(reinterpret_cast<const std::uint64_t*>(memory.data()), memory.size() / sizeof(std::uint64_t));
  constexpr std::int64_t kPiece = 1 << 16;
  const std::int64_t pieces = static_cast<std::int64_t>(block.size()) / kPiece;
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(pieces));
  double best = 0;
  for (int pass = 0; pass < 3; ++pass) {
    const double seconds = seconds_of([&] {
      stream.parallel_for(pieces, [&](std::int64_t piece, int) {
        std::uint64_t sum = 0;
        for (std::int64_t i = piece * kPiece; i < (piece + 1) * kPiece; ++i) sum += block[static_cast<std::size_t>(i)];
        sums[static_cast<std::size_t>(piece)] = sum;
      });
    });
    best = std::max(best, static_cast<double>(pieces * kPiece) * sizeof(std::uint64_t) / seconds);
  }
  // Reading the sums keeps the compiler from leaving the work out.
  return std::count(sums.begin(), sums.end(), 0U) == pieces ? best : 0;
}

/// Bytes of the weights that one token multiplies with.
double weight_bytes(const Model& model) {
  const std::int64_t width = model.heads * model.head_dim;
  const std::int64_t layer = 4 * width * model.hidden + 2 * model.ffn_hidden * model.hidden;
  return 4.0 * static_cast<double>(model.layers * layer + model.vocab * model.hidden);
}

/// FLOPs of reading a prompt from the start of the window, without the head.
double prompt_flops(const Model& model, std::int64_t tokens) {
  const std::int64_t width = model.heads * model.head_dim;
  const std::int64_t layer = 4 * width * model.hidden + 2 * model.ffn_hidden * model.hidden + width * (tokens + 1);
  return 2.0 * static_cast<double>(tokens * model.layers * layer);
}

void print_profile(const Stream& stream, std::int64_t tokens) {
  std::vector<std::pair<std::string, KernelTime>> kernels(stream.profile().begin(), stream.profile().end());
  std::sort(kernels.begin(), kernels.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, time] : kernels) {
    fmt::print("  {:<20} {:>8.3f} ms a token\n", name, 1e3 * time.seconds / static_cast<double>(tokens));
  }
}

void run(std::int64_t tokens, int threads) {
  const Model model;  // GPT-2 124M
  MemoryLedger ledger;
  Stream stream(threads);
  ParameterStore parameters(model, blocks_of(model), {1, 0, 1}, 0, DType::kF32, ledger);
  parameters.initialise(stream, fast_kernels(), 1);
  Decoder decoder(model, parameters, fast_kernels(), stream, ledger);
  const HostMemory block(std::size_t{512} << 20);

  std::vector<std::int32_t> prompt;
  for (std::int64_t i = 0; i < model.seq_len / 2; ++i)
    prompt.push_back(static_cast<std::int32_t>(i * 7919 % model.vocab));
  const double gemm = measure_gemm_rate(stream, 1024, 3072, 768);
  const double reading = seconds_of([&] { decoder.append(prompt); });
  fmt::print(
      "threads {}, prompt of {} tokens: {:.0f} tokens/s, {:.1f} GFLOP/s, share of packed oneDNN ({:.1f}) {:.3f}\n",
      threads, prompt.size(), static_cast<double>(prompt.size()) / reading,
      prompt_flops(model, std::ssize(prompt)) / reading / 1e9, gemm / 1e9,
      prompt_flops(model, std::ssize(prompt)) / reading / gemm);

  stream.set_profiling(true);
  double best = 1e9;
  double total = 0;
  double memory = memory_rate(stream, block);
  for (std::int64_t t = 0; t < tokens; ++t) {
    const auto id = static_cast<std::int32_t>(t * 31 % model.vocab);
    const double seconds = seconds_of([&] {
      decoder.append(std::span(&id, 1));
      decoder.logits();
    });
    best = std::min(best, seconds);
    total += seconds;
    // Between the tokens: other programs come and go.
    if (t % 20 == 19) memory = std::max(memory, memory_rate(stream, block));
  }
  const double mean = total / static_cast<double>(tokens);
  const double bytes = weight_bytes(model);
  fmt::print("memory {:.1f} GB/s; best token {:.1f} ms: {:.1f} tokens/s, weights {:.1f} GB/s, share {:.3f}\n",
             memory / 1e9, 1e3 * best, 1 / best, bytes / best / 1e9, bytes / best / memory);
  fmt::print("mean token {:.1f} ms: {:.1f} tokens/s, weights {:.1f} GB/s, share {:.3f}\n", 1e3 * mean, 1 / mean,
             bytes / mean / 1e9, bytes / mean / memory);
  print_profile(stream, tokens);
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  try {
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    triaxis::run(argc > 1 ? std::max(1LL, std::atoll(argv[1])) : 100,
                 argc > 2 ? std::max(1, std::atoi(argv[2])) : cores);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_generate: {}\n", error.what());
    return 1;
  }
  return 0;
}
