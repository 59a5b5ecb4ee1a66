#include "tensor/gemm_rate.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tensor/stream.h"

namespace triaxis {
namespace {

TEST(GemmRate, IsWithinWhatProcessorsDo) {
  Stream stream(2);
  const double rate = measure_gemm_rate(stream, 256, 128, 128);
  EXPECT_GT(rate, 1e8);
  EXPECT_LT(rate, 1e13);
}

TEST(GemmRate, NeedsARowForEachThread) {
  Stream stream(2);
  EXPECT_THROW(measure_gemm_rate(stream, 1, 128, 128), std::logic_error);
}

}  // namespace
}  // namespace triaxis
