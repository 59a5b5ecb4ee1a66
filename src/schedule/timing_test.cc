#include "schedule/timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/period.h"
#include "schedule/testing/plain_timer.h"
#include "schedule/testing/random_tables.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using enum ActionKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

void expect_equals_plain(const Table& table, const Costs& costs) {
  const Timeline timeline = time_table(table, costs);
  PlainTimer plain(table, costs);
  const Spans spans = plain.spans();
  for (std::size_t rank = 0; rank < spans.size(); ++rank) {
    for (std::size_t i = 0; i < spans[rank].size(); ++i) {
      const std::string what = action_text(table.rows[rank][i]);
      ASSERT_DOUBLE_EQ(timeline.spans[rank][i].start, spans[rank][i].start) << table.name << " " << rank << " " << what;
      ASSERT_DOUBLE_EQ(timeline.spans[rank][i].end, spans[rank][i].end) << table.name << " " << rank << " " << what;
    }
    EXPECT_NEAR(timeline.busy[rank], plain.busy(rank), 1e-9);
  }
  EXPECT_DOUBLE_EQ(timeline.makespan, plain.makespan());
}

/// Costs of all that takes time; some of them one value a stage, some zero.
Costs random_costs(std::mt19937& random, int stages) {
  std::uniform_real_distribution<double> any(0.2, 3.0);
  const auto some = [&] { return random() % 3 == 0 ? 0 : any(random); };
  Costs costs;
  costs.forward = costs.reduce = costs.update = {};
  for (int stage = 0; stage < stages; ++stage) {
    costs.forward.push_back(any(random));
    costs.reduce.push_back(any(random));
    costs.update.push_back(any(random));
  }
  costs.backward_input = {any(random)};
  costs.backward_weight = {some()};
  costs.gather = {some()};
  costs.send = some();
  costs.transfer = some();
  if (random() % 2 == 0) costs.overlapped = any(random);
  if (random() % 2 == 0) costs.recompute = {any(random)};
  return costs;
}

TEST(Timing, EverySchedulesTableEqualsAPlainSimulation) {
  std::mt19937 random(7);
  for (const auto& row : schedules()) {
    int tables = 0;
    for (const int ranks : {1, 2, 4, 5}) {
      for (const int microbatches : {1, 3, 8, 12}) {
        const ScheduleRequest request = request_of(row, ranks, microbatches, 2 + microbatches % 3);
        if (row.outside != nullptr && !row.outside(request).empty()) continue;
        const Table table = make_schedule(row, request);
        ++tables;
        expect_equals_plain(table, {{1}, {1.2}, {0.8}, 0.1, {}});
        expect_equals_plain(table, random_costs(random, table.stages));
        expect_equals_plain(lower(table), random_costs(random, table.stages));
      }
    }
    EXPECT_GE(tables, 2) << row.name;
  }
}

TEST(Timing, RandomTablesEqualAPlainSimulation) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    Table table = insert_reduce_grad(RandomTable(random).make());
    if (round % 10 == 0) verify(table);
    if (round % 2 == 0) table = lower(table);
    table.kind = TableKind::kAsynchronous;
    for (auto& row : table.rows) {
      std::vector<Action> updates;
      for (const Action action : row)
        if (action.kind == kReduceGrad) updates.push_back(make_action(kUpdate, action.stage, 0));
      row.insert(row.end(), updates.rbegin(), updates.rend());
    }
    expect_equals_plain(table, random_costs(random, table.stages));
    if (HasFatalFailure()) return;
  }
}

TEST(Timing, CommunicationTakesNoCompute) {
  const Costs costs{{1}, {1.2}, {0.8}, 0.1, {}};
  for (const auto& row : schedules()) {
    const Table table = make_schedule(row, request_of(row, 4, 8, 2));
    EXPECT_DOUBLE_EQ(time_table(lower(table), costs).makespan, time_table(table, costs).makespan) << row.name;
    EXPECT_EQ(time_table(lower(table), costs).busy, time_table(table, costs).busy) << row.name;
  }
}

TEST(Timing, OverlappedCellsStartAndEndAsOne) {
  const Table table = table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 0B0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"});
  const Timeline sum = time_table(table, {});
  EXPECT_EQ(sum.spans[1][1].start, 2);
  EXPECT_EQ(sum.spans[1][1].end, 5);
  EXPECT_EQ(sum.spans[1][2].end, 5);
  EXPECT_EQ(sum.busy, (std::vector<double>{6, 6}));
  const Timeline faster = time_table(table, {{1}, {1}, {1}, 0, 2.5});
  EXPECT_EQ(faster.spans[1][2].end, 4.5);
  EXPECT_EQ(faster.busy, (std::vector<double>{6, 5.5}));
}

TEST(Timing, TensorsOfAChannelTravelOneAfterTheOther) {
  Costs costs;
  costs.transfer = 2;
  costs.send = 0.5;
  const auto starts_behind = [&](const Table& table, std::size_t rank) {
    std::vector<double> starts;
    const Timeline timeline = time_table(table, costs);
    for (std::size_t i = 0; i < table.rows[rank].size(); ++i)
      if (is_compute(table.rows[rank][i].kind)) starts.push_back(timeline.spans[rank][i].start);
    return starts;
  };
  const Table table = table_of(TableKind::kForward, 2, 3, {"0F0 0F1 0F2", "1F0 1F1 1F2"});
  EXPECT_THAT(starts_behind(table, 1), ElementsAre(3.5, 5.5, 7.5));
  // Sent when SENDs are reached, in their order.
  const Table late = table_of(TableKind::kForward, 2, 3,
                              {"0F0 0F1 0F2 0SEND_F0 0SEND_F1 0SEND_F2", "1RECV_F0 1RECV_F1 1RECV_F2 1F0 1F1 1F2"});
  EXPECT_THAT(starts_behind(late, 1), ElementsAre(5.5, 7.5, 9.5));
  // Another receiver and another direction are other channels.
  const Table apart = table_of(TableKind::kForward, 2, 3, {"0F0 0F1 1F2", "1F0 0F2", "1F1"});
  EXPECT_THAT(starts_behind(apart, 0), ElementsAre(0, 1, 8));
  EXPECT_THAT(starts_behind(apart, 1), ElementsAre(3.5, 4.5));
  EXPECT_THAT(starts_behind(apart, 2), ElementsAre(4.5));
}

TEST(Timing, CollectivesRunBesideCompute) {
  Costs costs;
  costs.gather = {2};
  costs.reduce = {3};
  costs.update = {0.5};
  const Table table = table_of(TableKind::kAsynchronous, 2, 1,
                               {"0UNSHARD 1UNSHARD 0F0 1F0 1B0 1REDUCE_GRAD 0B0 0REDUCE_GRAD 1OPT0 0OPT0"});
  const Timeline timeline = time_table(table, costs);
  std::vector<std::pair<double, double>> spans;
  for (const Span& span : timeline.spans[0]) spans.emplace_back(span.start, span.end);
  EXPECT_THAT(spans, ElementsAre(Pair(0, 2), Pair(2, 4), Pair(2, 3), Pair(4, 5), Pair(5, 7), Pair(7, 10), Pair(7, 9),
                                 Pair(10, 13), Pair(10, 10.5), Pair(13, 13.5)));
  EXPECT_EQ(timeline.busy[0], 7);
  EXPECT_EQ(timeline.makespan, 13.5);
  // Without updates the last reduction ends the step.
  costs.reduce = {1, 8};
  const Table train = table_of(TableKind::kTrain, 2, 1, {"0F0 1F0 1B0 1REDUCE_GRAD 0B0 0REDUCE_GRAD"});
  EXPECT_EQ(time_table(train, costs).makespan, 13);
  EXPECT_DOUBLE_EQ(time_table(train, costs).bubble_ratio, 1 - 6.0 / 13);
}

TEST(Timing, RecomputationTakesAsLongAsTheForwardUnlessItsCostIsGiven) {
  const Table table = table_of(TableKind::kTrain, 2, 1, {"0F0 1F0 1R0 1B0 0R0 0B0"});
  Costs costs;
  costs.forward = {1, 2};
  EXPECT_EQ(time_table(table, costs).makespan, 10);
  costs.recompute = {0.5};
  EXPECT_EQ(time_table(table, costs).makespan, 8);
}

TEST(Timing, WrongCostsAreRefused) {
  const Table table = make_schedule("gpipe", {2, 2, 1});
  const auto mistake_in = [&](const Costs& costs) { return user_error_of([&] { time_table(table, costs); }); };
  EXPECT_THAT(mistake_in({{1, 1, 1}, {1}, {1}, 0, {}}),
              HasSubstr("cost F: 3 values for 2 stages; give one value or 2"));
  EXPECT_THAT(mistake_in({{1}, {}, {1}, 0, {}}), HasSubstr("cost I: 0 values"));
  EXPECT_THAT(mistake_in({{1}, {1}, {1}, -1, {}}), HasSubstr("cost send: -1 is no time"));
  EXPECT_THAT(mistake_in({{1}, {1}, {INFINITY}, 0, {}}), HasSubstr("cost W: inf is no time"));
  Costs costs;
  costs.transfer = -1;
  EXPECT_THAT(mistake_in(costs), HasSubstr("cost transfer: -1 is no time"));
  costs = {};
  costs.recompute = {1, 2, 3};
  EXPECT_THAT(mistake_in(costs), HasSubstr("cost R: 3 values for 2 stages"));
  costs = {};
  costs.overlapped = NAN;
  EXPECT_THAT(mistake_in(costs), HasSubstr("cost FB: nan is no time"));
}

TEST(Timing, ThePeriodHasABubbleOfItsOwn) {
  const auto bubble = [](const Table& table) {
    return period_bubble_ratio(table, time_table(table, {}), period_of(table, {}));
  };
  EXPECT_EQ(bubble(make_schedule("1f1b", {2, 3, 1})), 0.25);
  EXPECT_EQ(bubble(make_schedule("zb-h2", {4, 8, 1})), 0);
  EXPECT_EQ(bubble(make_schedule("pipedream", {2, 8, 1})), 0);
  EXPECT_EQ(bubble(make_schedule("pipedream", {2, 3, 1})), std::nullopt);  // too few updates for a period
}

TEST(Timing, StepsStandRightOfAllTheyWaitFor) {
  const auto steps = steps_of(make_schedule("1f1b", {2, 2, 1}));
  EXPECT_EQ(steps[0], (std::vector<int>{0, 1, 3, 5}));
  EXPECT_EQ(steps[1], (std::vector<int>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace triaxis
