#include "spec/stages.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <random>
#include <utility>

namespace triaxis {
namespace {

using ::testing::ElementsAre;

/// The dearest stage and the sum of squares.
using Score = std::pair<double, double>;

Score score_of(std::span<const double> costs, std::span<const StageRange> ranges) {
  Score score;
  for (const StageRange& range : ranges) {
    double cost = 0;
    for (std::int64_t b = range.first; b < range.last; ++b) cost += costs[static_cast<std::size_t>(b)];
    score.first = std::max(score.first, cost);
    score.second += cost * cost;
  }
  return score;
}

/// The best score over every cut, by trying them all.
Score best_by_force(std::span<const double> costs, std::int64_t stages) {
  Score best{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  std::vector<StageRange> ranges;
  const auto blocks = static_cast<std::int64_t>(costs.size());
  const std::function<void(std::int64_t)> cut = [&](std::int64_t first) {
    const std::int64_t left = stages - static_cast<std::int64_t>(ranges.size());
    if (left == 0) {
      if (first == blocks) best = std::min(best, score_of(costs, ranges));
      return;
    }
    for (std::int64_t last = first + 1; last <= blocks; ++last) {
      ranges.push_back({first, last});
      cut(last);
      ranges.pop_back();
    }
  };
  cut(0);
  return best;
}

void expect_partition(std::span<const StageRange> ranges, std::int64_t blocks) {
  std::int64_t next = 0;
  for (const StageRange& range : ranges) {
    EXPECT_EQ(range.first, next);
    EXPECT_GT(range.last, range.first);
    next = range.last;
  }
  EXPECT_EQ(next, blocks);
}

// Whole costs, so that sums are exact and ties are common.
TEST(BalanceStages, FindsTheBestOfAllCuts) {
  std::mt19937 random(1);  // NOLINT: the same costs every time
  std::uniform_int_distribution<int> cost(0, 6);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> costs(static_cast<std::size_t>(1 + round % 9));
    for (double& c : costs) c = cost(random);
    for (std::int64_t stages = 1; stages <= static_cast<std::int64_t>(costs.size()); ++stages) {
      const std::vector<StageRange> ranges = balance_stages(costs, stages);
      ASSERT_EQ(static_cast<std::int64_t>(ranges.size()), stages);
      expect_partition(ranges, static_cast<std::int64_t>(costs.size()));
      ASSERT_EQ(score_of(costs, ranges), best_by_force(costs, stages))
          << ::testing::PrintToString(costs) << " in " << stages;
    }
  }
}

// The last stage is the dearest whatever the rest does. The rest must then be as even as can be, though its own dearest
// stage is not the least that it could have.
TEST(BalanceStages, JudgesEvennessByTheWholeCut) {
  const std::vector<double> costs = {0, 4, 1, 1, 6, 1, 7};
  EXPECT_THAT(balance_stages(costs, 4),
              ElementsAre(StageRange{0, 2}, StageRange{2, 4}, StageRange{4, 6}, StageRange{6, 7}));
}

TEST(BalanceStages, RefusesMoreStagesThanBlocksAndNone) {
  const std::vector<double> costs = {1, 1};
  EXPECT_THROW(balance_stages(costs, 3), std::logic_error);
  EXPECT_THROW(balance_stages(costs, 0), std::logic_error);
}

TEST(ExplicitStages, GiveTheEmbeddingToTheFirstAndTheHeadToTheLast) {
  Model model;
  model.layers = 6;
  EXPECT_THAT(explicit_stages(model, std::vector<std::int64_t>{6}), ElementsAre(StageRange{0, 8}));
  EXPECT_THAT(explicit_stages(model, std::vector<std::int64_t>{1, 3, 2}),
              ElementsAre(StageRange{0, 2}, StageRange{2, 5}, StageRange{5, 8}));
  EXPECT_THAT(explicit_stages(model, std::vector<std::int64_t>{0, 6, 0}),
              ElementsAre(StageRange{0, 1}, StageRange{1, 7}, StageRange{7, 8}));
  EXPECT_THROW(explicit_stages(model, std::vector<std::int64_t>{3, 4}), std::logic_error);
}

}  // namespace
}  // namespace triaxis
