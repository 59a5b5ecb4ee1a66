// How fast this machine multiplies matrices: what shares of "the machine" are shares of.
#pragma once

#include <cstdint>

#include "tensor/stream.h"

namespace triaxis {

/// FLOP/s of oneDNN itself on a [m, k] b [k, n] in float: weights in the layout it likes best, the rows cut evenly over
/// the stream's threads, one call a thread; the best of several runs. GemmPlan has no part in it, so that a plan can be
/// held against it. Reserves scratch in `stream`. REQUIRES: m >= threads.
double measure_gemm_rate(Stream& stream, std::int64_t m = 1024, std::int64_t n = 768, std::int64_t k = 768);

}  // namespace triaxis
