#include "tensor/isa.h"

#include <gmock/gmock.h>

#include <bit>
#include <cstdlib>

namespace triaxis {
namespace {

using ::testing::AnyOf;

TEST(Isa, HasANameThatTheMachineSupports) {
  EXPECT_NE(supported_isa(), 0);
  EXPECT_THAT(isa_name(), AnyOf("AVX3", "AVX2", "SSE4", "NEON"));
}

TEST(Isa, RefusesWhatTheMachineLacks) {
  EXPECT_THROW(limit_isa(0), std::logic_error);
  EXPECT_THROW(limit_isa(~supported_isa()), std::logic_error);
}

// In a process of its own: a limit cannot be lifted, and oneDNN takes one before its first use only.
TEST(IsaDeathTest, LimitKeepsToTheLowest) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto lowest = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(supported_isa())));
  EXPECT_EXIT(
      {
        limit_isa(lowest);
        std::exit(supported_isa() == lowest ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace triaxis
