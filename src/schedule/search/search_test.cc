#include "schedule/search/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "schedule/period.h"
#include "schedule/search/handmade.h"
#include "schedule/search/problem.h"
#include "schedule/testing/exact.h"
#include "schedule/testing/tables.h"
#include "schedule/timing.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

std::vector<double> any_costs(std::mt19937& random, int stages) {
  std::vector<double> costs;
  for (int stage = 0; stage < stages; ++stage) costs.push_back(0.25 * static_cast<double>(1 + random() % 8));
  return costs;
}

/// Unequal stages, a send time, and no limit, 1F1B's memory or less.
ScheduleRequest any_request(std::mt19937& random, int ranks, int microbatches, int stages_per_rank) {
  ScheduleRequest request{ranks, microbatches, stages_per_rank};
  const int stages = ranks * stages_per_rank;
  request.costs.forward = any_costs(random, stages);
  request.costs.backward_input = any_costs(random, stages);
  request.costs.backward_weight = any_costs(random, stages);
  request.costs.send = 0.25 * static_cast<double>(random() % 3);
  const int limits[] = {stages_per_rank, stages, 2 * stages, 0};
  const int limit = limits[random() % 4];
  if (limit > 0) request.memory_limit = limit;
  if (random() % 2 == 1) request.objective = Objective::kPeriod;
  return request;
}

std::string text_of(const ScheduleRequest& request) {
  return ::testing::PrintToString(std::vector<double>{
             1.0 * request.ranks, 1.0 * request.microbatches, 1.0 * request.stages_per_rank, request.costs.send,
             request.memory_limit, request.objective == Objective::kPeriod ? 1.0 : 0.0}) +
         ::testing::PrintToString(request.costs.forward) + ::testing::PrintToString(request.costs.backward_input) +
         ::testing::PrintToString(request.costs.backward_weight);
}

TEST(Search, IsNeverWorseThanByHandAndKeepsTheLimit) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const int ranks = 1 + static_cast<int>(random() % 6);
    const int microbatches = 1 + static_cast<int>(random() % (3 * static_cast<unsigned>(ranks)));
    const ScheduleRequest request = any_request(random, ranks, microbatches, 1 + round % 3);
    SCOPED_TRACE(text_of(request));
    const Table table = make_schedule(find_schedule("auto"), request);
    const Verification verification = verify(table);
    EXPECT_TRUE(verification.ordered_weights);
    for (const RankPeak& peak : verification.ranks) EXPECT_LE(peak.activations, request.memory_limit);
    const double found = objective_of(table, request);
    for (const Table& other : handmade_tables(request)) {
      if (within_limit(other, request)) {
        EXPECT_LE(found, objective_of(other, request) * (1 + 1e-9)) << other.name;
      }
    }
  }
}

TEST(Search, FindsTheSameAgain) {
  std::mt19937 random(4);
  for (int round = 0; round < 6; ++round) {
    const ScheduleRequest request = any_request(random, 4, 9, 1 + round % 2);
    EXPECT_EQ(search_schedule(request).rows, search_schedule(request).rows);
  }
}

ExactCase case_of(const ScheduleRequest& request, const Placement& placement) {
  const SearchProblem problem(request, placement);
  return {request.microbatches, problem.capacity, request.costs.send, placement, problem.costs};
}

TEST(Search, IsOptimalWhereAllSchedulesCanBeTried) {
  struct Size {
    int ranks, microbatches, stages_per_rank;
  };
  std::mt19937 random(5);
  std::int64_t nodes = 0;
  for (const Size size : {Size{2, 2, 1}, Size{2, 3, 1}, Size{2, 4, 1}, Size{3, 2, 1}, Size{3, 3, 1}, Size{2, 6, 1},
                          Size{3, 4, 1}, Size{4, 3, 1}, Size{3, 5, 1}, Size{4, 4, 1}, Size{2, 2, 2}}) {
    for (int round = 0; round < 8; ++round) {
      ScheduleRequest request = any_request(random, size.ranks, size.microbatches, size.stages_per_rank);
      request.objective = Objective::kMakespan;
      SCOPED_TRACE(text_of(request));
      const double found = time_table(search_schedule(request), request.costs).makespan;
      std::vector<Placement> placements = {loop_placement(size.ranks, size.stages_per_rank)};
      if (size.stages_per_rank > 1) placements.push_back(snake_placement(size.ranks, size.stages_per_rank));
      for (const Placement& placement : placements) {
        const ExactCase exact = case_of(request, placement);
        ExactSolver solver(exact, found);
        EXPECT_GE(solver.run(), found - 2e-9);
        nodes += solver.nodes();
      }
    }
  }
  RecordProperty("placings", std::to_string(nodes));
}

TEST(Search, TheExactSolverFindsWhatIsBetter) {
  // 1F1B's makespan for two ranks is known; a split backward beats it.
  const ExactCase exact{3, 2, 0, {0, 1}, {{{1, 1}, {1, 1}, {1, 1}}}};
  ExactSolver solver(exact, 12);
  EXPECT_EQ(solver.run(), 10);
  ExactSolver again(exact, 10);
  EXPECT_NEAR(again.run(), 10, 1e-8);
}

TEST(Search, ReachesZeroBubbleWhereItsPaperDoes) {
  for (const int ranks : {2, 4, 8}) {
    const int m = 3 * ranks;
    const Table two = make_schedule("zb-2p", {ranks, m, 1});
    EXPECT_DOUBLE_EQ(period_of(two, {}).value(), 3 * m);
    const Table one = make_schedule("zb-1p", {ranks, m, 1});
    EXPECT_LE(period_of(one, {}).value(), period_of(make_schedule("zb-h1", {ranks, m, 1}), {}).value());
    for (const RankPeak& peak : verify(one).ranks) EXPECT_LE(peak.activations, ranks);
    for (const RankPeak& peak : verify(two).ranks) EXPECT_LE(peak.activations, 2 * ranks);
  }
}

TEST(Search, AnswersInTime) {
  for (const int stages : {1, 2}) {
    std::mt19937 random(6);
    ScheduleRequest request = any_request(random, 16, 64, stages);
    request.memory_limit = 16 * stages;
    const auto start = std::chrono::steady_clock::now();
    search_schedule(request);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    EXPECT_LT(taken.count(), 20);  // under a second where nothing else runs and nothing is instrumented
  }
}

TEST(Search, RefusesWhatNoScheduleCanKeep) {
  ScheduleRequest request{4, 8, 2};
  request.memory_limit = 1;
  EXPECT_THAT(user_error_of([&] { make_schedule(find_schedule("auto"), request); }),
              HasSubstr("a rank of 2 stages holds at least 2 activations; the limit is 1"));
  ScheduleRequest limited{4, 8, 1};
  limited.memory_limit = 3;
  EXPECT_THAT(user_error_of([&] { make_schedule(find_schedule("zb-1p"), limited); }),
              HasSubstr("a memory limit of its own; auto takes yours"));
  ScheduleRequest unequal{4, 8, 1};
  unequal.costs.forward = {1, 2};
  EXPECT_THAT(user_error_of([&] { make_schedule(find_schedule("auto"), unequal); }),
              HasSubstr("cost F: 2 values for 4 stages"));
}

}  // namespace
}  // namespace triaxis
