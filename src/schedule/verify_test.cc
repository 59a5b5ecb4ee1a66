#include "schedule/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/passes/lower.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

std::string failure_of(const Table& table) {
  return user_error_of([&] { verify(table); });
}

std::string failure_under(ChannelModel model, const Table& table) {
  return user_error_of([&] { verify(table, {&model, 1}); });
}

std::string failure_of(TableKind kind, int stages, int microbatches, const std::vector<std::string>& rows) {
  return failure_of(table_of(kind, stages, microbatches, rows));
}

TEST(Verify, CountsSlotsOfActivationsAndGradients) {
  const Verification v =
      verify(table_of(TableKind::kTrain, 2, 3, {"0F0 1F0 0F1 1F1 0F2 1I0 0I0 0W0 1I1 1W0 1W1 0B1 1F2 1B2 0B2"}));
  ASSERT_EQ(v.ranks.size(), 1U);
  EXPECT_EQ(v.ranks[0].activations, 5);
  EXPECT_EQ(v.ranks[0].position, 4);
  ASSERT_EQ(v.ranks[0].stages.size(), 2U);
  EXPECT_EQ(v.ranks[0].stages[0].activations, 3);
  EXPECT_EQ(v.ranks[0].stages[0].gradients, 1);
  EXPECT_EQ(v.ranks[0].stages[1].stage, 1);
  EXPECT_EQ(v.ranks[0].stages[1].activations, 2);
  EXPECT_EQ(v.ranks[0].stages[1].gradients, 2);
}

TEST(Verify, AnOverlappedForwardNeedsItsSlotBeforeTheBackwardFreesOne) {
  const std::vector<std::string> second = {"1F0 1B0 1F1 1B1 1F2 1B2"};
  EXPECT_EQ(verify(table_of(TableKind::kTrain, 2, 3, {"0F0 0F1 0B0 0F2 0B1 0B2", second[0]})).ranks[0].activations, 2);
  EXPECT_EQ(verify(table_of(TableKind::kTrain, 2, 3, {"0F0 0F1 (0B0;0F2)OVERLAP_F_B 0B1 0B2", second[0]}))
                .ranks[0]
                .activations,
            3);
}

TEST(Verify, CountsMessagesAndPostedReceives) {
  const Verification v = verify(table_of(TableKind::kForward, 2, 3,
                                         {"0F0 0SEND_F0 0F1 0SEND_F1 0F2 0SEND_F2",  //
                                          "1RECV_F0 1RECV_F1 1F1 1RECV_F2 1F0 1F2"}));
  ASSERT_EQ(v.channels.size(), 1U);
  EXPECT_EQ(v.channels[0].source, 0);
  EXPECT_EQ(v.channels[0].destination, 1);
  EXPECT_EQ(v.channels[0].messages, 3);
  EXPECT_EQ(v.channels[0].posted_receives, 2);
  EXPECT_FALSE(v.channels[0].in_order);
}

TEST(Verify, SaysWhetherTheBitsAreKept) {
  const auto ordered = [](const std::vector<std::string>& rows) {
    return verify(table_of(TableKind::kTrain, static_cast<int>(rows.size()), 2, rows)).ordered_weights;
  };
  EXPECT_TRUE(ordered({"0F1 0F0 0B0 0B1"}));
  EXPECT_FALSE(ordered({"0F0 0F1 0B1 0B0"}));
  EXPECT_TRUE(ordered({"0F0 0F1 0I1 0I0 0W0 0W1"}));
  EXPECT_FALSE(ordered({"0F0 0F1 0I0 0I1 0W1 0W0"}));
  // A stage on two ranks: each adds up its own microbatches.
  EXPECT_FALSE(ordered({"0F0 1F1 1B1 0B0", "1F0 0F1 1B0 0B1"}));
}

TEST(Verify, FindsReplicas) {
  EXPECT_EQ(verify(make_schedule("1f1b", {2, 2, 1})).replicas, 1);
  EXPECT_EQ(verify(table_of(TableKind::kTrain, 2, 2, {"0F0 1F1 1B1 0B0", "1F0 0F1 1B0 0B1"})).replicas, 2);
}

TEST(Verify, NamesWhatIsMissingOrTwice) {
  EXPECT_THAT(failure_of(TableKind::kTrain, 2, 1, {"0F0 0B0", "1F0"}), HasSubstr("rank 1: 1B0 is missing"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 2, {"0F0 0B0 0B1"}), HasSubstr("rank 0: 0F1 is missing"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0I0"}), HasSubstr("rank 0: 0W0 is missing"));
  EXPECT_THAT(failure_of(TableKind::kForward, 2, 1, {"0F0 0F0"}),
              HasSubstr("rank 0, action 1 (0F0): stands twice, before at rank 0, action 0"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0I0 0W0 0B0"}),
              HasSubstr("its I or W stands in the table too"));
  EXPECT_THAT(failure_of(TableKind::kForward, 1, 2, {"0F0"}), HasSubstr("need at least 2 actions, there are 1"));
  EXPECT_THAT(failure_of(TableKind::kForward, 1, 1, {"1F0"}), HasSubstr("the table's stages go from 0 to 0"));
  EXPECT_THAT(failure_of(TableKind::kForward, 1, 1, {"0F1"}), HasSubstr("the table's microbatches go from 0 to 0"));
  EXPECT_THAT(failure_of(TableKind::kForward, 0, 1, {"0F1"}), HasSubstr("each must be at least 1"));
  Table short_of_a_row = make_schedule("gpipe", {2, 2, 1});
  short_of_a_row.rows.pop_back();
  EXPECT_THAT(failure_of(short_of_a_row), HasSubstr("has 1 rows for 2 ranks"));
}

TEST(Verify, NamesWhatStandsInTheWrongPlace) {
  EXPECT_THAT(failure_of(TableKind::kTrain, 2, 1, {"0F0 0B0 1B0", "1F0"}),
              HasSubstr("rank 0, action 2 (1B0): 1F0 runs on rank 1, so this has to stand there"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0B0 0F0"}),
              HasSubstr("rank 0, action 0 (0B0): needs 0F0, which stands later in the row, at action 1"));
  EXPECT_THAT(failure_of(TableKind::kForward, 1, 1, {"0F0 0B0"}), HasSubstr("does not belong in a forward table"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0B0 0OPT0"}), HasSubstr("does not belong in a train table"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0R0 0B0"}), "");
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0B0 0R0"}), HasSubstr("(0B0): needs 0R0, which stands later"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0OFFLOAD0 0FETCH0 0R0 0B0"}), "");
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0OFFLOAD0 0B0"}),
              HasSubstr("rank 0, action 1 (0OFFLOAD0): its FETCH is missing"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0FETCH0 0B0"}),
              HasSubstr("needs 0OFFLOAD0, which the table lacks"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0REDUCE_GRAD 0B0"}),
              HasSubstr("(0REDUCE_GRAD): needs 0B0, which stands later"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0B0 0REDUCE_GRAD 0REDUCE_GRAD"}),
              HasSubstr("twice in the row"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 2, 1, {"0F0 1F0 1B0 0B0 1REDUCE_GRAD"}),
              HasSubstr("rank 0: 0REDUCE_GRAD is missing"));
}

TEST(Verify, StagesAreUnshardedWhereTheyCompute) {
  EXPECT_EQ(failure_of(TableKind::kTrain, 1, 1, {"0UNSHARD 0F0 0RESHARD 0UNSHARD 0B0"}), "");
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0UNSHARD 0F0 0RESHARD 0B0"}),
              HasSubstr("action 3 (0B0): needs the stage's UNSHARD before it"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0B0", "0UNSHARD"}), HasSubstr("no F of its stage"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0UNSHARD 0UNSHARD 0F0 0B0"}), HasSubstr("gathered already"));
  EXPECT_THAT(failure_of(TableKind::kTrain, 1, 1, {"0F0 0B0 0RESHARD"}), HasSubstr("are not gathered"));
}

TEST(Verify, NamesRowsThatWaitForEachOther) {
  EXPECT_THAT(failure_of(TableKind::kForward, 2, 2, {"0F0 1F1", "0F1 1F0"}), "");
  EXPECT_THAT(
      failure_of(TableKind::kForward, 2, 2, {"1F1 0F0", "1F0 0F1"}),
      HasSubstr("rank 0, action 0 (1F1): never starts: it waits for 0F1 (rank 1, action 1), and the rows wait for "
                "each other"));
}

TEST(Verify, NamesMessagesThatDoNotFit) {
  EXPECT_THAT(failure_of(TableKind::kForward, 2, 1, {"0F0 0SEND_F0", "1F0"}),
              HasSubstr("rank 1, action 0 (1F0): needs 1RECV_F0, which the table lacks"));
  EXPECT_THAT(failure_of(TableKind::kForward, 2, 1, {"0F0", "1RECV_F0 1F0"}),
              HasSubstr("(1F0): needs 0SEND_F0, which the table lacks"));
  EXPECT_THAT(failure_of(TableKind::kForward, 2, 1, {"0F0 1F0 0SEND_F0"}),
              HasSubstr("both stages are on this rank, so nothing is sent"));
  EXPECT_THAT(failure_of(TableKind::kForward, 1, 1, {"0RECV_F0 0F0"}), HasSubstr("no stage on the other side"));
  EXPECT_THAT(
      failure_of(TableKind::kForward, 2, 2, {"0F0 0SEND_F0 0F1 0SEND_F1", "1RECV_F1 1RECV_F0 1F0 1F1"}),
      HasSubstr("rank 1, action 0 (1RECV_F1): is receive number 1 from rank 0, whose send number 1 is 0SEND_F0"));
}

// Receives that are posted in front of sends which the other side waits for: known to hold up pipelines where both
// directions share a queue.
TEST(Verify, FindsTheDeadlockOfEachMedium) {
  const Table early = table_of(TableKind::kTrain, 2, 2,
                               {"0F0 0SEND_F0 0RECV_B0 0F1 0SEND_F1 0B0 0RECV_B1 0B1",  //
                                "1RECV_F0 1F0 1RECV_F1 1B0 1SEND_B0 1F1 1B1 1SEND_B1"});
  EXPECT_EQ(failure_under(ChannelModel::kPerDirection, early), "");
  EXPECT_THAT(failure_under(ChannelModel::kPerPair, early),
              HasSubstr("rank 0, action 5 (0B0): deadlock under per_pair: waits for 0RECV_B0; "
                        "rank 1, action 5 (1F1) waits for 1RECV_F1"));
  EXPECT_THAT(failure_under(ChannelModel::kPerRank, early), HasSubstr("deadlock under per_rank"));
  EXPECT_EQ(failure_of(lower(table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 0B0 0B1", "1F0 1B0 1F1 1B1"}))), "");

  // A rank with two peers: rank 1 waits for rank 2 before it turns to rank 0, and rank 2 for rank 0's tensor first.
  const Table ring = table_of(TableKind::kForward, 6, 1,
                              {"0F0 0SEND_F0 3RECV_F0 3F0 3SEND_F0", "1RECV_F0 4RECV_F0 1F0 1SEND_F0 4F0 4SEND_F0",
                               "2RECV_F0 2F0 2SEND_F0 5RECV_F0 5F0"});
  EXPECT_EQ(failure_under(ChannelModel::kPerDirection, ring), "");
  EXPECT_EQ(failure_under(ChannelModel::kPerPair, ring), "");
  EXPECT_THAT(failure_under(ChannelModel::kPerRank, ring), HasSubstr("deadlock under per_rank"));
}

// Rank 1 receives from rank 0 only after rank 2, which first waits for what rank 0 sends it last.
TEST(Verify, AChannelHoldsTwoSends) {
  EXPECT_EQ(failure_under(ChannelModel::kPerDirection,
                          table_of(TableKind::kForward, 2, 4,
                                   {"0F0 0SEND_F0 0F1 0SEND_F1 0F2 0SEND_F2",  //
                                    "1RECV_F3 1F3 1RECV_F0 1F0 1RECV_F1 1F1", "1RECV_F2 1F2 0F3 0SEND_F3"})),
            "");
  EXPECT_THAT(failure_of(TableKind::kForward, 2, 5,
                         {"0F0 0SEND_F0 0F1 0SEND_F1 0F2 0SEND_F2 0F3 0SEND_F3",
                          "1RECV_F4 1F4 1RECV_F0 1F0 1RECV_F1 1F1 1RECV_F2 1F2", "1RECV_F3 1F3 0F4 0SEND_F4"}),
              HasSubstr("rank 0, action 5 (0SEND_F2): deadlock under per_direction: waits for 0SEND_F0; "
                        "rank 1, action 1 (1F4) waits for 1RECV_F4; rank 2, action 1 (1F3) waits for 1RECV_F3"));
}

}  // namespace
}  // namespace triaxis
