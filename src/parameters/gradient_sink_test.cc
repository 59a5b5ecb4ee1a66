#include "parameters/gradient_sink.h"

#include <gtest/gtest.h>

namespace triaxis {
namespace {

TEST(GradientSink, IsReadyAtTheLastContributionOfAStep) {
  GradientSink sink(2);
  sink.start(2);
  sink.done(0);
  sink.done(1);
  EXPECT_FALSE(sink.ready(0));
  sink.done(1);
  EXPECT_TRUE(sink.ready(1));
  EXPECT_FALSE(sink.ready(0));
  EXPECT_FALSE(sink.all_ready());
  sink.done(0);
  EXPECT_TRUE(sink.all_ready());
}

TEST(GradientSink, ForgetsTheStepBefore) {
  GradientSink sink(1);
  sink.start(1);
  sink.done(0);
  sink.start(1);
  EXPECT_FALSE(sink.all_ready());
}

TEST(GradientSink, IsNotReadyOnceAUnitHasTooMany) {
  GradientSink sink(1);
  sink.start(1);
  sink.done(0);
  sink.done(0);
  EXPECT_FALSE(sink.all_ready());
}

}  // namespace
}  // namespace triaxis
