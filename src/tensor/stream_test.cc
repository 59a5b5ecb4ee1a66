#include "tensor/stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace triaxis {
namespace {

TEST(Stream, KeepsTheLargestScratchOfEachThread) {
  Stream stream(2);
  EXPECT_EQ(stream.scratch_bytes(), 0u);
  stream.reserve_scratch(1000);
  stream.reserve_scratch(100);
  EXPECT_EQ(stream.scratch_bytes(), 2000u);
  EXPECT_EQ(stream.scratch(1).size(), 1000u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(stream.scratch(1).data()) % 64, 0u);
  EXPECT_NE(stream.scratch(0).data(), stream.scratch(1).data());
}

TEST(Stream, ProfilesOnlyWhenAsked) {
  Stream stream(1);
  { const KernelScope scope(stream, "gemm"); }
  EXPECT_TRUE(stream.profile().empty());
  stream.set_profiling(true);
  { const KernelScope scope(stream, "gemm"); }
  stream.record("gemm", 2.0);
  EXPECT_EQ(stream.profile().at("gemm").calls, 2);
  EXPECT_GE(stream.profile().at("gemm").seconds, 2.0);
  stream.clear_profile();
  EXPECT_TRUE(stream.profile().empty());
}

TEST(Event, StampsWhenItsStreamPassedIt) {
  Stream stream(1);
  Event event;
  const auto before = std::chrono::steady_clock::now();
  event.record(stream);
  event.wait(stream);
  EXPECT_GE(event.time(), before);
  EXPECT_LE(event.time(), std::chrono::steady_clock::now());
}

}  // namespace
}  // namespace triaxis
