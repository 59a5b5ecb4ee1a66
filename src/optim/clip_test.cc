#include "optim/clip.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace triaxis {
namespace {

TEST(ClipScale, BringsALongGradientToTheLimitAndLeavesAShortOne) {
  EXPECT_DOUBLE_EQ(clip_scale(4.0, 1.0), 0.25);
  EXPECT_DOUBLE_EQ(clip_scale(1.0, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(clip_scale(0.5, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(clip_scale(0.0, 1.0), 1.0);
}

TEST(ClipScale, ZeroTurnsItOff) { EXPECT_DOUBLE_EQ(clip_scale(1e9, 0.0), 1.0); }

// An infinite norm would scale by 0, and a step that should stop the run would look like a quiet one.
TEST(ClipScale, StaysNotFinite) {
  for (const double norm : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(std::isnan(clip_scale(norm, 1.0)));
    EXPECT_TRUE(std::isnan(clip_scale(norm, 0.0)));
  }
}

}  // namespace
}  // namespace triaxis
