#include "schedule/period.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "schedule/passes/reduce_grad.h"
#include "schedule/step_timer.h"
#include "schedule/testing/random_tables.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

TEST(Period, IsWhatAFurtherStepAdds) {
  // Rank 0 begins and ends a train step, so nothing of the next can start before.
  EXPECT_DOUBLE_EQ(period_of(make_schedule("1f1b", {4, 8, 1}), {}).value(), 33);
  // Forwards follow each other without a gap.
  EXPECT_DOUBLE_EQ(period_of(make_schedule("forward", {4, 8, 1}), {}).value(), 8);
  EXPECT_DOUBLE_EQ(period_of(make_schedule("forward", {4, 8, 2}), {}).value(), 16);
}

TEST(Period, IsNothingWhereARankRunsAheadForEver) {
  EXPECT_FALSE(period_of(make_schedule("forward", {2, 8, 1}), {{1, 2}, {1}, {1}, 0, {}}).has_value());
  // So do computes of their collectives, and of the way of their tensors.
  Costs costs;
  costs.reduce = {4};
  EXPECT_FALSE(period_of(insert_reduce_grad(make_schedule("1f1b", {1, 1, 1})), costs).has_value());
  costs.reduce = {2.5};
  EXPECT_DOUBLE_EQ(period_of(insert_reduce_grad(make_schedule("1f1b", {1, 1, 1})), costs).value_or(0), 3);
  costs.transfer = 1.5;
  EXPECT_FALSE(period_of(make_schedule("forward", {2, 8, 1}), costs).has_value());
}

TEST(Period, MayTakeTurnsOfSeveralSteps) {
  // Rank 0 waits for rank 1 for 12, rank 1 for rank 0 for 19, each for where the other was a step before.
  const Table table = table_of(TableKind::kForward, 3, 3, {"0F2 1F2 2F2 0F0 2F1", "0F1 1F1 1F0 2F0"});
  EXPECT_DOUBLE_EQ(period_of(table, {{1, 2, 4}, {1}, {1}, 5, {}}).value(), 15.5);
}

/// The rates of the slowest and fastest clock over many steps.
std::pair<double, double> rates(const Table& table, const Costs& costs) {
  constexpr int kBefore = 1500;
  constexpr int kSteps = 840;  // divisible by turns of up to 8 steps
  const TableIndex index(table);
  StepTimer timer(table, index, costs);
  for (int step = 0; step < kBefore; ++step) timer.run();
  const auto before = timer.clocks();
  for (int step = 0; step < kSteps; ++step) timer.run();
  const auto after = timer.clocks();
  double least = INFINITY;
  double most = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    least = std::min(least, (after[i] - before[i]) / kSteps);
    most = std::max(most, (after[i] - before[i]) / kSteps);
  }
  return {least, most};
}

TEST(Period, EqualsTheRateOverManySteps) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> any(0.5, 1.5);
  int settled = 0;
  int drifting = 0;
  for (int round = 0; round < 150; ++round) {
    constexpr const char* kNames[] = {"zb-h2", "zb-v", "1f1b"};
    const Table table = round % 2 == 0 ? insert_reduce_grad(RandomTable(random).make())
                                       : make_schedule(find_schedule(kNames[round % 3]),
                                                       request_of(find_schedule(kNames[round % 3]), 3, 7));
    Costs costs;
    costs.forward = costs.backward_weight = {};
    for (int stage = 0; stage < table.stages; ++stage) {
      costs.forward.push_back(any(random));
      costs.backward_weight.push_back(any(random));
    }
    costs.send = any(random) - 0.5;
    if (round % 4 == 0) costs.transfer = any(random);
    if (round % 8 == 0) costs.reduce = {any(random)};
    const auto period = period_of(table, costs);
    const auto [least, most] = rates(table, costs);
    if (period) {
      EXPECT_NEAR(*period, least, 1e-6) << round;
      EXPECT_NEAR(*period, most, 1e-6) << round;
    } else {
      EXPECT_GT(most - least, 1e-6) << round;
    }
    ++(period ? settled : drifting);
  }
  EXPECT_GT(settled, 50);
  EXPECT_GT(drifting, 5);
}

TEST(Period, FindsRanksThatOthersWaitForOnlyAfterManySteps) {
  // Rank 1 has a thousandth of a unit more to do, and rank 0 may run a unit ahead before it has to wait.
  const Table table = table_of(TableKind::kForward, 2, 3, {"0F0 0F2 1F1", "0F1 1F0 1F2"});
  EXPECT_NEAR(period_of(table, {{1, 1.001}, {1}, {1}, 0, {}}).value_or(0), 3.002, 1e-9);
}

TEST(Period, OfAnAsynchronousTableIsTheTimeBetweenUpdates) {
  const auto updates = [](const std::vector<std::string>& rows, int microbatches) {
    return table_of(TableKind::kAsynchronous, 1, microbatches, rows);
  };
  Costs costs;
  costs.update = {0.5};
  EXPECT_DOUBLE_EQ(
      period_of(updates({"0F0 0B0 0OPT0 0F1 0B1 0OPT1 0F2 0B2 0OPT2 0F3 0B3 0OPT3"}, 4), costs).value_or(0), 3.5);
  EXPECT_FALSE(period_of(updates({"0F0 0B0 0OPT0 0F1 0B1 0OPT1 0F2 0B2 0OPT2"}, 3), costs).has_value());
  // Updates at unlike times in turn.
  std::string row;
  for (int i = 0; i < 16; i += 2)
    row += fmt::format("{0}0F{1} 0F{2} 0B{1} 0OPT{1} 0B{2} 0OPT{2}", i == 0 ? "" : " ", i, i + 1);
  EXPECT_DOUBLE_EQ(period_of(updates({row}, 16), costs).value_or(0), 3.5);
  const ScheduleRow& pipedream = find_schedule("pipedream");
  EXPECT_DOUBLE_EQ(period_of(make_schedule(pipedream, {4, 32, 1}), {}).value_or(0), 3);
  EXPECT_DOUBLE_EQ(period_of(make_schedule(pipedream, {4, 32, 1}), {{1, 1, 2, 1}, {1}, {1}, 0.25, {}}).value_or(0), 4);
  EXPECT_DOUBLE_EQ(period_of(make_schedule("pipedream-2bw", {4, 64, 1}), {}).value_or(0), 12);
}

}  // namespace
}  // namespace triaxis
