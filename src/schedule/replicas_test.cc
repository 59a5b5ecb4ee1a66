// Two-way tables: every stage on two ranks, which share its microbatches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

std::string failure_of(const Table& table) {
  return user_error_of([&] { verify(table); });
}

/// Two pipelines over two ranks, microbatches 0 and 1 down and 2 and 3 up.
Table two_pipelines() {
  return table_of(TableKind::kTrain, 2, 4,
                  {"0F0 0F1 1F2 1B2 1F3 1B3 0B0 0B1 0REDUCE_GRAD 1REDUCE_GRAD",
                   "1F0 1B0 0F2 0F3 1F1 1B1 0B2 0B3 1REDUCE_GRAD 0REDUCE_GRAD"});
}

Table without(Table table, int rank, const std::string& action) {
  auto& row = table.rows[static_cast<std::size_t>(rank)];
  row.erase(std::find(row.begin(), row.end(), row_of(action)[0]));
  return table;
}

TEST(Replicas, AreFoundAndCountedOnEveryHolder) {
  const Verification v = verify(two_pipelines());
  EXPECT_EQ(v.replicas, 2);
  EXPECT_TRUE(v.reduces_gradients);
  EXPECT_FALSE(v.ordered_weights);
  ASSERT_EQ(v.ranks.size(), 2U);
  EXPECT_EQ(v.ranks[0].activations, 3);
  ASSERT_EQ(v.ranks[0].stages.size(), 2U);
  EXPECT_EQ(v.ranks[0].stages[0].activations, 2);
  EXPECT_EQ(v.ranks[0].stages[1].activations, 1);
}

TEST(Replicas, SendBothWaysOverOneChannel) {
  const Table lowered = lower(two_pipelines());
  const Verification v = verify(lowered);
  // To rank 1 go the forwards of the one pipeline and the backwards of the other, in one order.
  ASSERT_EQ(v.channels.size(), 2U);
  for (const ChannelUse& channel : v.channels) {
    EXPECT_EQ(channel.messages, 4);
    EXPECT_LE(channel.posted_receives, 3);
  }
  const auto& row = lowered.rows[0];
  for (const char* send : {"0SEND_F0", "0SEND_F1", "1SEND_B2", "1SEND_B3"})
    EXPECT_EQ(std::count(row.begin(), row.end(), row_of(send)[0]), 1) << send;
  Table swapped = lowered;
  auto& sends = swapped.rows[0];
  std::iter_swap(std::find(sends.begin(), sends.end(), row_of("0SEND_F1")[0]),
                 std::find(sends.begin(), sends.end(), row_of("1SEND_B2")[0]));
  EXPECT_NE(failure_of(swapped), "");
}

TEST(Replicas, AMicrobatchPassesTheRanksOfItsOwnPipeline) {
  Table table = two_pipelines();
  table.rows[0][2] = row_of("1F1")[0];
  table.rows[1][4] = row_of("1F2")[0];
  // Microbatch 1's F is on rank 0 now, its B still on rank 1.
  EXPECT_THAT(failure_of(table), HasSubstr("1F2 runs on rank 1, so this has to stand there"));
}

TEST(Replicas, EveryHolderReducesItsGradients) {
  EXPECT_EQ(failure_of(two_pipelines()), "");
  EXPECT_THAT(failure_of(without(two_pipelines(), 0, "1REDUCE_GRAD")), HasSubstr("rank 0: 1REDUCE_GRAD is missing"));
  EXPECT_THAT(failure_of(without(two_pipelines(), 1, "0REDUCE_GRAD")), HasSubstr("rank 1: 0REDUCE_GRAD is missing"));
  // Not before its own last backward, whatever the other holder has done.
  EXPECT_THAT(failure_of(table_of(TableKind::kTrain, 1, 2, {"0F0 0B0 0REDUCE_GRAD", "0F1 0REDUCE_GRAD 0B1"})),
              HasSubstr("rank 1, action 1 (0REDUCE_GRAD): needs 0B1, which stands later"));
  const Table plain = table_of(TableKind::kTrain, 2, 2, {"0F0 1F1 1B1 0B0", "1F0 0F1 1B0 0B1"});
  const Table reduced = insert_reduce_grad(plain);
  for (const auto& row : reduced.rows)
    for (const char* reduction : {"0REDUCE_GRAD", "1REDUCE_GRAD"})
      EXPECT_EQ(std::count(row.begin(), row.end(), row_of(reduction)[0]), 1);
}

TEST(Replicas, OverFourRanks) {
  const Verification v = verify(lower(
      table_of(TableKind::kTrain, 4, 2, {"0F0 3F1 3B1 0B0", "1F0 2F1 2B1 1B0", "1F1 2F0 2B0 1B1", "0F1 3F0 3B0 0B1"})));
  EXPECT_EQ(v.replicas, 2);
  EXPECT_EQ(v.channels.size(), 6U);
  // Each pipeline's last backward stands behind the other's first, which waits for it.
  EXPECT_THAT(failure_of(table_of(TableKind::kTrain, 2, 2, {"0F0 1F1 0B0 1B1", "1F0 0F1 0B1 1B0"})),
              HasSubstr("the rows wait for each other"));
}

}  // namespace
}  // namespace triaxis
