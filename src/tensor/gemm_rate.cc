#include "tensor/gemm_rate.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "tensor/gemm_onednn.h"
#include "tensor/host_memory.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMinRuns = 5;
constexpr std::chrono::milliseconds kMinTime{200};

/// Memory of ordinary numbers: zeros would be multiplied with less power and so, on some processors, faster.
HostMemory ordinary_numbers(std::size_t bytes) {
  HostMemory memory(bytes);
  float* const values = reinterpret_cast<float*>(memory.data());
  for (std::size_t i = 0; i < bytes / sizeof(float); ++i) values[i] = static_cast<float>(i % 97) / 97.0F - 0.5F;
  return memory;
}

}  // namespace

double measure_gemm_rate(Stream& stream, std::int64_t m, std::int64_t n, std::int64_t k) {
  const std::int64_t rows = m / stream.threads();
  check(rows > 0 && n > 0 && k > 0, "fewer rows than threads to multiply");
  const OnednnCall product = onednn_matmul(matrix(rows, k, k, 1), matrix_of_any_layout(k, n), matrix(rows, n, n, 1), {},
                                           false, stream.threads());
  stream.reserve_scratch(product.scratch_bytes());
  const std::size_t a_bytes = product.layout(0).get_size();
  const std::size_t c_bytes = product.layout(2).get_size();
  const HostMemory a = ordinary_numbers(a_bytes * static_cast<std::size_t>(stream.threads()));
  const HostMemory b = ordinary_numbers(product.layout(1).get_size());
  const HostMemory c(c_bytes * static_cast<std::size_t>(stream.threads()));

  const Clock::time_point begin = Clock::now();
  Clock::duration best = Clock::duration::max();
  for (int run = 0; run < kMinRuns || Clock::now() - begin < kMinTime; ++run) {
    const Clock::time_point start = Clock::now();
    stream.parallel_for(stream.threads(), [&](std::int64_t part, int thread) {
      const auto i = static_cast<std::size_t>(part);
      product.run(thread, {a.data() + i * a_bytes, b.data(), c.data() + i * c_bytes}, stream.scratch(thread).data());
    });
    best = std::min(best, Clock::now() - start);
  }
  return 2.0 * static_cast<double>(rows * stream.threads() * n * k) / std::chrono::duration<double>(best).count();
}

}  // namespace triaxis
