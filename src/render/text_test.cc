#include "render/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/registry.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string drawn(const Table& table, const Costs& costs) {
  return blocks_text(timed_blocks(table, time_table(table, costs)), false);
}

TEST(Text, ARowARankAndAColumnAUnit) {
  EXPECT_EQ(drawn(make_schedule("1f1b", {2, 3, 1}), {}),
            "rank 0  F0 F1 .  .  B0--- F2 B1--- .  B2---\n"
            "rank 1  .  F0 B0--- F1 B1--- F2 B2--- .  .\n");
}

TEST(Text, StepsAreAColumnEach) {
  EXPECT_EQ(blocks_text(step_blocks(make_schedule("1f1b", {2, 3, 1})), false),
            "rank 0  F0 F1 .  B0 F2 B1 .  B2\n"
            "rank 1  .  F0 B0 F1 B1 F2 B2 .\n");
}

TEST(Text, SeveralStagesARankAreTold) {
  EXPECT_EQ(drawn(make_schedule("forward", {2, 2, 2}), {}),
            "rank 0  0F0 0F1 2F0 2F1 .\n"
            "rank 1  .   1F0 1F1 3F0 3F1\n");
}

TEST(Text, PairsAndSplitBackwards) {
  EXPECT_EQ(drawn(table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 0I0 0W0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"}), {}),
            "rank 0  F0 F1 .  .  .  I0 W0 B1---\n"
            "rank 1  .  F0 F1/B0--- B1--- .  .\n");
}

TEST(Text, UpdatesAreStarsUnlessTheyTakeTime) {
  const Table table = make_schedule("pipedream", {2, 2, 1});
  EXPECT_EQ(drawn(table, {}),
            "rank 0  F0 F1 .  .  B0*-- .  B1*--\n"
            "rank 1  .  F0 B0*-- F1 B1*-- .  .\n"
            "* an update of the stage's weights (OPT) at its end\n");
  const std::string longer = drawn(table, {.update = {1}});
  EXPECT_THAT(longer, HasSubstr("B0------- OPT0 "));
  EXPECT_THAT(longer, Not(HasSubstr("*")));
}

TEST(Text, ReplicatedStagesAreTold) {
  EXPECT_EQ(drawn(make_schedule("chimera", {2, 2, 2}), {}),
            "rank 0  0F0 1F1 1B1---- 0B0----\n"
            "rank 1  0F1 1F0 1B0---- 0B1----\n");
}

TEST(Text, LabelsWidenTheColumns) {
  EXPECT_THAT(drawn(make_schedule("gpipe", {1, 11, 1}), {{1}, {0.5}, {0.5}, 0, {}}), HasSubstr("F9  F10 B0  B1 "));
  EXPECT_EQ(drawn(make_schedule("gpipe", {1, 1, 1}), {{4}, {1}, {1}, 0, {}}), "rank 0  F0--- B0\n");
}

TEST(Text, TimesThatAreNoUnitsAreRounded) {
  EXPECT_EQ(drawn(make_schedule("gpipe", {2, 1, 1}), {{1}, {1.2}, {0.8}, 0.1, {}}),
            "rank 0  F0 .  .  .  B0---\n"
            "rank 1  .  F0 B0--- .  .\n");
}

TEST(Text, ATinyUnitDoesNotMakeAnEndlessLine) {
  EXPECT_LT(drawn(make_schedule("gpipe", {1, 1, 1}), {{1e9}, {1}, {1}, 0, {}}).size(), 20000U);
  EXPECT_EQ(drawn(make_schedule("gpipe", {1, 1, 1}), {{0}, {0}, {0}, 0, {}}), "rank 0\n");
}

TEST(Text, ColourIsForTerminalsOnly) {
  const Table table = make_schedule("1f1b", {2, 3, 1});
  EXPECT_THAT(blocks_text(step_blocks(table), true), HasSubstr("\x1b[30;48;5;111mF0\x1b[0m"));
  EXPECT_THAT(blocks_text(step_blocks(table), false), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace triaxis
