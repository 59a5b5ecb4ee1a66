#include "schedule/passes/lower.h"

#include <gtest/gtest.h>

#include "schedule/passes/compute_only.h"
#include "schedule/passes/forward_only.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

TEST(Lower, OneForwardOneBackward) {
  const Table table = lower(insert_reduce_grad(make_schedule("1f1b", {2, 3, 1})));
  EXPECT_EQ(row_text(table.rows[0]),
            "0F0 0SEND_F0 0F1 0SEND_F1 0RECV_B0 0B0 0F2 0SEND_F2 0RECV_B1 0RECV_B2 0B1 0B2 0REDUCE_GRAD");
  EXPECT_EQ(row_text(table.rows[1]),
            "1RECV_F0 1F0 1RECV_F1 1B0 1SEND_B0 1F1 1RECV_F2 1B1 1SEND_B1 1F2 1B2 1SEND_B2 1REDUCE_GRAD");
}

TEST(Lower, ReceivesStandOneComputeAhead) {
  const Table table = lower(make_schedule("gpipe", {2, 4, 1}));
  EXPECT_EQ(row_text(table.rows[1]),
            "1RECV_F0 1RECV_F1 1F0 1RECV_F2 1F1 1RECV_F3 1F2 1F3 1B0 1SEND_B0 1B1 1SEND_B1 1B2 1SEND_B2 1B3 1SEND_B3");
}

TEST(Lower, NothingIsSentWithinARank) {
  const Table table = lower(table_of(TableKind::kTrain, 4, 1, {"0F0 3F0 3B0 0B0", "1F0 2F0 2B0 1B0"}));
  EXPECT_EQ(row_text(table.rows[0]), "0F0 0SEND_F0 3RECV_F0 3F0 3B0 3SEND_B0 0RECV_B0 0B0");
  EXPECT_EQ(row_text(table.rows[1]), "1RECV_F0 1F0 2F0 2SEND_F0 2RECV_B0 2B0 1B0 1SEND_B0");
  const Table alone = make_schedule("1f1b", {1, 3, 1});
  EXPECT_EQ(lower(alone).rows, alone.rows);
}

TEST(Lower, PairsAreNotTornApart) {
  const Table table = lower(table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 0B0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"}));
  EXPECT_EQ(row_text(table.rows[1]), "1RECV_F0 1RECV_F1 1F0 1F1 1B0 1SEND_B0 1B1 1SEND_B1");
  EXPECT_TRUE(table.rows[1][3].with_next);
}

TEST(Lower, AddsCommunicationAndNothingElse) {
  for (const auto& row : schedules()) {
    ScheduleRequest request = request_of(row, 5, 7, 3);
    if (row.outside != nullptr && !row.outside(request).empty()) request = {4, 10, 2};
    const Table table = make_schedule(row, request);
    const Table lowered = lower(table);
    EXPECT_EQ(compute_only(lowered).rows, table.rows);
    const bool one_way = table.stages == table.ranks && row.replicas == 1;
    for (const ChannelUse& channel : verify(lowered).channels) {
      EXPECT_LE(channel.posted_receives, one_way ? 2 : 3)
          << row.name << " " << channel.source << " " << channel.destination;
    }
  }
}

TEST(Lower, RefusesWhatCannotBeExecuted) {
  EXPECT_NE(user_error_of([] { lower(table_of(TableKind::kForward, 2, 2, {"1F1 0F0", "1F0 0F1"})); }), "");
  EXPECT_THROW(lower(lower(make_schedule("gpipe", {2, 2, 1}))), std::logic_error);
}

TEST(InsertReduceGrad, StagesReduceInTheOrderInWhichTheyFinish) {
  const Table table = insert_reduce_grad(table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 1F0 1F1 1B0 1B1 0B0 0B1"}));
  EXPECT_EQ(row_text(table.rows[0]), "0F0 0F1 1F0 1F1 1B0 1B1 0B0 0B1 1REDUCE_GRAD 0REDUCE_GRAD");
  EXPECT_THROW(insert_reduce_grad(table), std::logic_error);
  EXPECT_THROW(insert_reduce_grad(make_schedule("forward", {2, 2, 1})), std::logic_error);
}

TEST(ForwardOnly, KeepsTheForwardsOfAnySchedule) {
  const Table forward =
      forward_only(table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 0B0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"}));
  EXPECT_EQ(row_text(forward.rows[1]), "1F0 1F1");
  EXPECT_EQ(verify(lower(forward)).ranks[0].activations, 1);
}

}  // namespace
}  // namespace triaxis
