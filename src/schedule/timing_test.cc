#include "schedule/timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "schedule/passes/lower.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using enum ActionKind;
using ::testing::HasSubstr;

/// A second timer: moves every start to where it has to be, until none moves.
class PlainTimer {
 public:
  PlainTimer(const Table& table, const Costs& costs) : table_(table), costs_(costs) {
    for (const auto& row : table.rows) ends_.emplace_back(row.size(), 0.0);
  }

  std::vector<std::vector<double>> ends() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t rank = 0; rank < table_.rows.size(); ++rank) {
        double free = 0;
        for (std::size_t i = 0; i < table_.rows[rank].size(); ++i) {
          const Action action = table_.rows[rank][i];
          const double end = std::max(free, needed(rank, action)) + cost(action);
          moved = moved || end != ends_[rank][i];
          free = ends_[rank][i] = end;
        }
      }
    }
    return ends_;
  }

 private:
  static double value(const std::vector<double>& list, int stage) {
    return list.size() == 1 ? list.front() : list[static_cast<std::size_t>(stage)];
  }

  double cost(Action action) const {
    const double input = value(costs_.backward_input, action.stage);
    const double weight = value(costs_.backward_weight, action.stage);
    if (action.kind == kForward) return value(costs_.forward, action.stage);
    if (action.kind == kBackwardInput) return input;
    return action.kind == kBackwardWeight ? weight : input + weight;
  }

  /// When the action is done, seen from the rank; 0 if the table lacks it.
  double done(std::size_t from, ActionKind kind, int stage, int microbatch) const {
    for (std::size_t rank = 0; rank < table_.rows.size(); ++rank) {
      for (std::size_t i = 0; i < table_.rows[rank].size(); ++i) {
        const Action action = table_.rows[rank][i];
        if (action.kind != kind || action.stage != stage || action.microbatch != microbatch) continue;
        return ends_[rank][i] + (rank == from ? 0 : costs_.send);
      }
    }
    return 0;
  }

  double needed(std::size_t rank, Action action) const {
    const int m = action.microbatch;
    if (action.kind == kForward) return done(rank, kForward, action.stage - 1, m);
    if (action.kind == kBackwardWeight) return done(rank, kBackwardInput, action.stage, m);
    return std::max(done(rank, kBackward, action.stage + 1, m), done(rank, kBackwardInput, action.stage + 1, m));
  }

  const Table& table_;
  const Costs& costs_;
  std::vector<std::vector<double>> ends_;
};

TEST(Timing, EqualsAPlainSimulation) {
  std::vector<Table> tables;
  for (const auto& row : schedules())
    for (const int ranks : {1, 2, 5})
      for (const int microbatches : {1, 3, 7})
        tables.push_back(make_schedule(row, request_of(row, ranks, microbatches, 1 + microbatches % 3)));
  tables.push_back(table_of(TableKind::kTrain, 4, 2,
                            {"0F0 0F1 3F0 3I0 3F1 3B1 3W0 0B0 0B1", "1F0 2F0 1F1 2F1 2B0 1B0 2I1 1B1 2W1"}));
  std::mt19937 random(7);
  std::uniform_real_distribution<double> any(0.2, 3.0);
  for (const Table& table : tables) {
    std::vector<Costs> costs = {{{1}, {1.2}, {0.8}, 0.1, {}}, {{}, {}, {}, 0.3, {}}};
    for (int stage = 0; stage < table.stages; ++stage) {
      costs[1].forward.push_back(any(random));
      costs[1].backward_input.push_back(any(random));
      costs[1].backward_weight.push_back(any(random));
    }
    for (const Costs& times : costs) {
      const Timeline timeline = time_table(table, times);
      const auto ends = PlainTimer(table, times).ends();
      double makespan = 0;
      for (std::size_t rank = 0; rank < ends.size(); ++rank) {
        for (std::size_t i = 0; i < ends[rank].size(); ++i) {
          EXPECT_DOUBLE_EQ(timeline.spans[rank][i].end, ends[rank][i]) << table.name << " " << rank << " " << i;
          makespan = std::max(makespan, ends[rank][i]);
        }
      }
      EXPECT_DOUBLE_EQ(timeline.makespan, makespan);
    }
  }
}

TEST(Timing, CommunicationTakesNoCompute) {
  const Costs costs{{1}, {1.2}, {0.8}, 0.1, {}};
  for (const auto& row : schedules()) {
    const Table table = make_schedule(row, request_of(row, 4, 6));
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

TEST(Timing, ThePeriodIsWhatAFurtherStepAdds) {
  // Rank 0 begins and ends a train step, so nothing of the next can start before.
  EXPECT_DOUBLE_EQ(period_of(make_schedule("1f1b", {4, 8, 1}), {}).value(), 33);
  // Forwards follow each other without a gap.
  EXPECT_DOUBLE_EQ(period_of(make_schedule("forward", {4, 8, 1}), {}).value(), 8);
  EXPECT_DOUBLE_EQ(period_of(make_schedule("forward", {4, 8, 2}), {}).value(), 16);
  // The first rank would run ahead for ever.
  EXPECT_FALSE(period_of(make_schedule("forward", {2, 8, 1}), {{1, 2}, {1}, {1}, 0, {}}).has_value());
}

TEST(Timing, WrongCostsAreRefused) {
  const Table table = make_schedule("gpipe", {2, 2, 1});
  const auto mistake_in = [&](const Costs& costs) { return user_error_of([&] { time_table(table, costs); }); };
  EXPECT_THAT(mistake_in({{1, 1, 1}, {1}, {1}, 0, {}}),
              HasSubstr("cost F: 3 values for 2 stages; give one value or 2"));
  EXPECT_THAT(mistake_in({{1}, {}, {1}, 0, {}}), HasSubstr("cost I: 0 values"));
  EXPECT_THAT(mistake_in({{1}, {1}, {1}, -1, {}}), HasSubstr("cost send: -1 is no time"));
  EXPECT_THAT(mistake_in({{1}, {1}, {INFINITY}, 0, {}}), HasSubstr("cost W: inf is no time"));
}

TEST(Timing, StepsStandRightOfAllTheyWaitFor) {
  const auto steps = steps_of(make_schedule("1f1b", {2, 2, 1}));
  EXPECT_EQ(steps[0], (std::vector<int>{0, 1, 3, 5}));
  EXPECT_EQ(steps[1], (std::vector<int>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace triaxis
