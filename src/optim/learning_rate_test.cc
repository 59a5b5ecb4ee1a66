#include "optim/learning_rate.h"

#include <gmock/gmock.h>

#include <cmath>

namespace triaxis {
namespace {

OptimizerConfig config(const std::string& schedule) {
  OptimizerConfig result;
  result.lr = 1.0;
  result.min_lr = 0.1;
  result.warmup = 10;
  result.schedule = schedule;
  return result;
}

constexpr std::int64_t kSteps = 110;

TEST(LearningRate, WarmsUpInEqualParts) {
  for (const char* schedule : {"constant", "linear", "cosine", "wsd"}) {
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), kSteps, 1), 0.1) << schedule;
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), kSteps, 5), 0.5) << schedule;
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), kSteps, 10), 1.0) << schedule;
  }
}

TEST(LearningRate, EndsAtTheLeastAndStaysThere) {
  for (const char* schedule : {"linear", "cosine", "wsd"}) {
    EXPECT_GT(learning_rate(config(schedule), kSteps, kSteps - 1), 0.1) << schedule;
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), kSteps, kSteps), 0.1) << schedule;
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), kSteps, 10 * kSteps), 0.1) << schedule;
  }
  EXPECT_DOUBLE_EQ(learning_rate(config("constant"), kSteps, 10 * kSteps), 1.0);
}

TEST(LearningRate, NeverRisesAfterTheWarmup) {
  for (const char* schedule : {"constant", "linear", "cosine", "wsd"}) {
    for (std::int64_t step = 11; step <= kSteps + 5; ++step) {
      EXPECT_LE(learning_rate(config(schedule), kSteps, step), learning_rate(config(schedule), kSteps, step - 1));
    }
  }
}

TEST(LearningRate, LinearAndCosineMeetHalfWay) {
  EXPECT_DOUBLE_EQ(learning_rate(config("linear"), kSteps, 60), 0.55);
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), kSteps, 60), 0.55);
  EXPECT_DOUBLE_EQ(learning_rate(config("linear"), kSteps, 35), 0.775);
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), kSteps, 35), 0.1 + 0.9 * (1 + std::sqrt(0.5)) / 2);
}

TEST(LearningRate, WsdHoldsUntilTheLastFifth) {
  EXPECT_DOUBLE_EQ(learning_rate(config("wsd"), kSteps, 88), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(config("wsd"), kSteps, 99), 0.55);
}

TEST(LearningRate, AWarmupLongerThanTheRunJustRises) {
  for (const char* schedule : {"constant", "linear", "cosine", "wsd"}) {
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), 4, 4), 0.4) << schedule;
    EXPECT_DOUBLE_EQ(learning_rate(config(schedule), 4, 10), 1.0) << schedule;
  }
  EXPECT_DOUBLE_EQ(learning_rate(config("cosine"), 4, 11), 0.1);
}

TEST(LearningRate, NeedsNoWarmup) {
  OptimizerConfig none = config("linear");
  none.warmup = 0;
  EXPECT_DOUBLE_EQ(learning_rate(none, 100, 1), 1.0 - 0.9 * 0.01);
}

}  // namespace
}  // namespace triaxis
