// Tables from files whose authors want to take memory or time, not to pipeline a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "schedule/csv.h"
#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

constexpr int kRanks = kMaxCsvRanks;

/// A line a rank.
std::string csv_of(int ranks, const std::function<std::string(int)>& line) {
  std::string text;
  for (int rank = 0; rank < ranks; ++rank) text += line(rank) + "\n";
  return text;
}

std::string verdict(const std::string& csv) {
  return user_error_of([&] { verify(parse_csv(csv, "hostile")); });
}

/// Seconds that the body takes.
double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(Hostile, SizesThatTheActionsDoNotFillAreRefused) {
  EXPECT_THAT(verdict("0F1073741823\n"), HasSubstr("need at least 1073741824 actions, there are 1"));
  EXPECT_THAT(verdict("65535F1073741823\n0B5\n"), HasSubstr("need at least 70368744177664 actions, there are 2"));
  EXPECT_THAT(verdict("0F0,0B0,0OPT1073741823\n"), HasSubstr("is update 0 of its stage"));
  EXPECT_THAT(verdict(csv_of(kRanks + 1, [](int) { return "0F0"; })), HasSubstr("more than 65536 lines"));
}

// The time of each is milliseconds; a verifier that looks at every stage for every rank takes minutes.
TEST(Hostile, ManyRanksAreJudgedInTime) {
  const double taken = seconds([] {
    EXPECT_THAT(verdict(csv_of(kRanks, [](int) { return "0F0"; })), HasSubstr("stands twice"));
    EXPECT_EQ(verdict(csv_of(kRanks, [](int rank) { return std::to_string(rank) + "F0"; })), "");
    EXPECT_EQ(verdict(csv_of(kRanks, [](int rank) { return "0F" + std::to_string(rank); })), "");
    const auto trained = [](int rank) {
      const std::string microbatch = std::to_string(rank);
      return "0F" + microbatch + ",0B" + microbatch + ",0REDUCE_GRAD";
    };
    EXPECT_EQ(verdict(csv_of(kRanks, trained)), "");
  });
  EXPECT_LT(taken, 4);
}

TEST(Hostile, ManyStagesOnOneRankAreJudgedInTime) {
  Table table = table_of(TableKind::kTrain, kMaxStages, 1, {""});
  for (int stage = 0; stage < kMaxStages; ++stage) table.rows[0].push_back(make_action(ActionKind::kForward, stage, 0));
  for (int stage = kMaxStages; stage-- > 0;) table.rows[0].push_back(make_action(ActionKind::kBackward, stage, 0));
  const double taken = seconds([&] {
    EXPECT_EQ(verify(table).ranks[0].activations, kMaxStages);
    EXPECT_TRUE(verify(insert_reduce_grad(table)).reduces_gradients);
  });
  EXPECT_LT(taken, 4);
}

TEST(Hostile, AChainOfManyRanksIsLoweredAndJudgedInTime) {
  Table table = table_of(TableKind::kForward, kRanks, 1, {});
  table.ranks = kRanks;
  for (int rank = 0; rank < kRanks; ++rank) table.rows.push_back({make_action(ActionKind::kForward, rank, 0)});
  const double taken = seconds([&] { EXPECT_EQ(verify(lower(table)).channels.size(), 65535U); });
  EXPECT_LT(taken, 4);
}

}  // namespace
}  // namespace triaxis
