// Where sends and receives stand in the rows: orders that held up pipelines elsewhere, and ours.
//
// PyTorch's pass writes a receive into its row when the tensor's sender runs, which never deadlocks, but posts receives
// long before their use, and they hold up the sends behind them (pytorch pull request 165664, issue 188833). Moving
// each receive to right before its use (pull request 172833) made issue 172668's pipelines hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "schedule/dependencies.h"
#include "schedule/passes/lower.h"
#include "schedule/registry.h"
#include "schedule/testing/plain_check.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using enum ActionKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

bool makes_input_gradient(Action action) { return action.kind == kBackward || action.kind == kBackwardInput; }

/// Goes round the ranks, each time one action of every rank that can. Who makes a tensor for another rank writes its
/// send into the own row and its receive at the end of the other's.
class PostWithSender {
 public:
  explicit PostWithSender(const Table& table)
      : table_(table), index_(table), lowered_(table), next_(table.rows.size()) {
    for (auto& row : lowered_.rows) row.clear();
  }

  Table run() {
    for (bool any = true; any;) {
      any = false;
      for (int rank = 0; rank < table_.ranks; ++rank) any = step(rank) || any;
    }
    return lowered_;
  }

 private:
  std::vector<Action>& row(int rank) { return lowered_.rows[static_cast<std::size_t>(rank)]; }

  bool is_done(Place place) const {
    return static_cast<std::size_t>(place.position) < next_[static_cast<std::size_t>(place.rank)];
  }

  bool step(int rank) {
    std::size_t& next = next_[static_cast<std::size_t>(rank)];
    const auto& actions = table_.rows[static_cast<std::size_t>(rank)];
    if (next == actions.size()) return false;
    for (const Wait& wait : waits_of(index_, rank, actions[next]))
      if (!is_done(wait.place)) return false;
    row(rank).push_back(actions[next]);
    write_message(rank, actions[next]);
    ++next;
    return true;
  }

  void write_message(int rank, Action action) {
    const bool forward = action.kind == kForward;
    if (!forward && !makes_input_gradient(action)) return;
    const int stage = action.stage + (forward ? 1 : -1);
    if (stage < 0 || stage >= table_.stages) return;
    const int peer = index_.rank_of(stage, action.microbatch);
    if (peer == rank) return;
    row(rank).push_back(make_action(forward ? kSendForward : kSendBackward, action.stage, action.microbatch));
    row(peer).push_back(make_action(forward ? kRecvForward : kRecvBackward, stage, action.microbatch));
  }

  const Table& table_;
  const TableIndex index_;
  Table lowered_;
  std::vector<std::size_t> next_;  // [rank], the action that comes next
};

Table post_with_sender(const Table& table) { return PostWithSender(table).run(); }

/// Moves each receive of a lowered table to right before its use.
Table post_at_use(Table table) {
  for (auto& row : table.rows) {
    const std::vector<Action> before = std::exchange(row, {});
    for (const Action action : before) {
      if (is_receive(action.kind)) continue;
      const ActionKind kind = action.kind == kForward ? kRecvForward : kRecvBackward;
      const Action receive = make_action(kind, action.stage, action.microbatch);
      const bool uses = action.kind == kForward || makes_input_gradient(action);
      if (uses && std::find(before.begin(), before.end(), receive) != before.end()) row.push_back(receive);
      row.push_back(action);
    }
  }
  return table;
}

/// What each model of the medium says, in the order of kAllChannelModels.
std::vector<std::string> verdicts(const Table& table) {
  std::vector<std::string> verdicts;
  for (const ChannelModel model : kAllChannelModels)
    verdicts.push_back(user_error_of([&] { verify(table, {&model, 1}); }));
  return verdicts;
}

bool sound_one_by_one(const Table& table, ChannelModel model) {
  return PlainCheck(table, model, PlainCheck::Neighbours::kOneByOne).sound();
}

int most_posted_receives(const Table& table) {
  int most = 0;
  for (const ChannelUse& channel : verify(table).channels) most = std::max(most, channel.posted_receives);
  return most;
}

const auto kSound = std::string();
const auto kDeadlock = HasSubstr("deadlock under");
const auto kOutOfOrder = HasSubstr("is receive number");

TEST(PostWithSender, GivesTheRowsOfTheReports) {
  const Table small = post_with_sender(make_schedule("interleaved", {2, 4, 2}));
  EXPECT_THAT(row_text(small.rows[0]), StartsWith("0F0 0SEND_F0 2RECV_F0 0F1 "));
  const Table large = post_with_sender(make_schedule("interleaved", {8, 16, 2}));
  EXPECT_THAT(row_text(large.rows[0]), StartsWith("0F0 0SEND_F0 8RECV_F0 0F1 0SEND_F1 8RECV_F1 0F2 "));
}

// Messages stand in one order in all rows, as ours do, so nothing deadlocks. What is wrong with the rows shows in the
// posted receives: one for each rank, where the row's order of computes needs fewer.
TEST(PostWithSender, NeverDeadlocksButHoldsManyReceives) {
  for (const auto& [name, posted, ours] :
       {std::tuple("interleaved", 8, 3), std::tuple("interleaved-zb", 8, 6), std::tuple("forward", 8, 2)}) {
    const Table table = make_schedule(name, {8, 16, 2});
    const Table early = post_with_sender(table);
    EXPECT_THAT(verdicts(early), ElementsAre(kSound, kSound, kSound)) << name;
    EXPECT_EQ(most_posted_receives(early), posted) << name;
    EXPECT_EQ(most_posted_receives(lower(table)), ours) << name;
  }
}

TEST(PostAtUse, DeadlocksWhereDirectionsShareAQueue) {
  const Table table = post_at_use(post_with_sender(make_schedule("interleaved", {2, 4, 2})));
  EXPECT_THAT(row_text(table.rows[0]), StartsWith("0F0 0SEND_F0 0F1 0SEND_F1 2RECV_F0 2F0 2SEND_F0 2RECV_F1 2F1 "));
  EXPECT_THAT(verdicts(table),
              ElementsAre(kSound,
                          HasSubstr("rank 0, action 18 (2B1): deadlock under per_pair: waits for 2RECV_B1, held up by "
                                    "2SEND_B0; rank 1, action 18 (1B0) waits for 1RECV_B0, held up by 3SEND_B1"),
                          kDeadlock));
  // With more ranks the two directions have different peers, and only a queue for all of them is held up.
  EXPECT_THAT(verdicts(post_at_use(post_with_sender(make_schedule("interleaved", {8, 16, 2})))),
              ElementsAre(kSound, kSound, kDeadlock));
}

// Where neighbours enter one by one, the small pipeline stops where the report says: both ranks stand with a send of a
// forward, behind which the receive waits that the other's send needs.
TEST(PostAtUse, StopsEarlierWhereNeighboursEnterOneByOne) {
  const Table table = table_of(TableKind::kForward, 4, 2,
                               {"0F0 0SEND_F0 0F1 0SEND_F1 2RECV_F0 2F0 2SEND_F0 2RECV_F1 2F1 2SEND_F1",
                                "1RECV_F0 1F0 1SEND_F0 1RECV_F1 1F1 1SEND_F1 3RECV_F0 3F0 3RECV_F1 3F1"});
  EXPECT_THAT(verdicts(table), ElementsAre(kSound, kSound, kSound));
  EXPECT_TRUE(sound_one_by_one(table, ChannelModel::kPerDirection));
  EXPECT_FALSE(sound_one_by_one(table, ChannelModel::kPerPair));
  EXPECT_FALSE(sound_one_by_one(table, ChannelModel::kPerRank));
}

// Both arms of a V pass between the same two ranks, so a receive at its use may stand behind one whose tensor was sent
// later.
TEST(PostAtUse, MixesUpTheMessagesOfAV) {
  EXPECT_THAT(verdicts(post_at_use(post_with_sender(make_schedule("zb-v", {2, 4, 2})))),
              ElementsAre(kOutOfOrder, kOutOfOrder, kOutOfOrder));
  EXPECT_THAT(verdicts(post_at_use(post_with_sender(make_schedule("zb-v", {4, 4, 2})))),
              ElementsAre(kSound, kDeadlock, kDeadlock));
}

// All microbatches come round to a rank that takes up its next stage only then: two send buffers do not hold them.
TEST(PostAtUse, LeavesNoRoomForWhatComesRoundEarly) {
  EXPECT_THAT(verdicts(post_at_use(post_with_sender(make_schedule("bfs", {2, 8, 2})))),
              ElementsAre(kDeadlock, kDeadlock, kDeadlock));
}

// Where it blocks depends on the number of send buffers, too.
TEST(PostAtUse, IsJudgedAsByThePlainCheck) {
  int blocked = 0;
  for (const auto& row : schedules()) {
    for (int microbatches = 1; microbatches <= 8; ++microbatches) {
      const ScheduleRequest request = request_of(row, 2, microbatches, 2);
      if (row.searches || (row.outside != nullptr && !row.outside(request).empty())) continue;
      const Table table = post_at_use(post_with_sender(make_schedule(row, request)));
      for (const ChannelModel model : kAllChannelModels) {
        const bool sound = user_error_of([&] { verify(table, {&model, 1}); }).empty();
        EXPECT_EQ(sound, PlainCheck(table, model).sound()) << row.name << " " << microbatches;
        blocked += sound ? 0 : 1;
      }
    }
  }
  EXPECT_GT(blocked, 50);
}

TEST(Lower, ServesEveryMediumWhateverEntersTogether) {
  for (const auto& row : schedules()) {
    for (const int ranks : {2, 4}) {
      const ScheduleRequest request = request_of(row, ranks, 8, 2);
      if (row.searches || (row.outside != nullptr && !row.outside(request).empty())) continue;
      const Table table = lower(make_schedule(row, request));
      EXPECT_THAT(verdicts(table), ElementsAre(kSound, kSound, kSound)) << row.name;
      for (const ChannelModel model : kAllChannelModels) EXPECT_TRUE(sound_one_by_one(table, model)) << row.name;
    }
  }
}

}  // namespace
}  // namespace triaxis
