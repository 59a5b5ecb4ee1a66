#include "schedule/versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "schedule/passes/lower.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Table asynchronous(VersionRule rule, int stages, int microbatches, const std::vector<std::string>& rows) {
  Table table = table_of(TableKind::kAsynchronous, stages, microbatches, rows);
  table.version_rule = rule;
  return table;
}

std::string failure_of(const Table& table) {
  return user_error_of([&] { verify(table); });
}

/// 1F1B that goes on for ever, with an OPT after every `update_every` backwards and at the end.
Table one_forward_one_backward(int ranks, int microbatches, int update_every, VersionRule rule) {
  Table table{"1f1b", TableKind::kAsynchronous, ranks, ranks, microbatches, {}, rule};
  for (int rank = 0; rank < ranks; ++rank) {
    std::vector<Action> row;
    int updates = 0;
    const int warmup = std::min(ranks - 1 - rank, microbatches);
    for (int m = 0; m < warmup; ++m) row.push_back(make_action(ActionKind::kForward, rank, m));
    for (int m = 0; m < microbatches; ++m) {
      if (m + warmup < microbatches) row.push_back(make_action(ActionKind::kForward, rank, m + warmup));
      row.push_back(make_action(ActionKind::kBackward, rank, m));
      if ((m + 1) % update_every == 0 || m + 1 == microbatches)
        row.push_back(make_action(ActionKind::kUpdate, rank, updates++));
    }
    table.rows.push_back(row);
  }
  return table;
}

// PipeDream, arXiv:1806.03377, section 3.3: rank r of p keeps p - r versions, and its gradients are p - 1 - r behind.
TEST(Versions, StashingKeepsAsManyAsTheRankHasMicrobatches) {
  const Table table = one_forward_one_backward(4, 12, 1, VersionRule::kStash);
  const Verification v = verify(table);
  EXPECT_THAT(v.weight_versions, ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(v.staleness, ElementsAre(3, 2, 1, 0));
  EXPECT_EQ(verify(lower(table)).weight_versions, v.weight_versions);
}

// The same, with vertical sync: every rank takes the version of stage 0, so all are as far behind as that.
TEST(Versions, VerticalTakesTheVersionOfStage0) {
  const Verification v = verify(one_forward_one_backward(4, 12, 1, VersionRule::kVertical));
  EXPECT_THAT(v.weight_versions, ElementsAre(4, 4, 4, 4));
  EXPECT_THAT(v.staleness, Each(3));
}

// PipeDream-2BW, arXiv:2006.09503, section 3.1: two versions if an update takes at least as many microbatches as ranks.
TEST(Versions, DoubleBufferingKeepsTwo) {
  for (const int update_every : {4, 5, 8}) {
    const Verification v = verify(one_forward_one_backward(4, 24, update_every, VersionRule::kDouble));
    EXPECT_THAT(v.weight_versions, Each(2)) << update_every;
    EXPECT_THAT(v.staleness, Each(1)) << update_every;
  }
  EXPECT_THAT(failure_of(one_forward_one_backward(4, 24, 2, VersionRule::kDouble)),
              HasSubstr("takes version 1 of the weights (rule double), and 0OPT0 does not stand before it"));
}

TEST(Versions, AFlushBeforeEveryUpdateKeepsOne) {
  const Verification v =
      verify(asynchronous(VersionRule::kStash, 1, 4, {"0F0 0F1 0I0 0I1 0W1 0W0 0OPT0 0F2 0F3 0B2 0B3 0OPT1"}));
  EXPECT_THAT(v.weight_versions, ElementsAre(1));
  EXPECT_THAT(v.staleness, ElementsAre(0));
}

TEST(Versions, AVersionIsHeldAsLongAsABackwardNeedsIt) {
  // Version 0 is held for microbatch 1, versions 1 and 2 are never taken.
  const Verification v =
      verify(asynchronous(VersionRule::kStash, 1, 4, {"0F0 0F1 0F2 0F3 0B0 0OPT0 0B2 0OPT1 0B3 0OPT2 0I1 0W1 0OPT3"}));
  EXPECT_THAT(v.weight_versions, ElementsAre(2));
  EXPECT_THAT(v.staleness, ElementsAre(3));
  // The W takes the version too, not only the I.
  EXPECT_THAT(verify(asynchronous(VersionRule::kStash, 1, 3, {"0F0 0F1 0I1 0B0 0OPT0 0F2 0B2 0OPT1 0W1 0OPT2"}))
                  .weight_versions,
              ElementsAre(2));
}

TEST(Versions, ARankHasTheWorstOfItsStages) {
  const Verification v =
      verify(asynchronous(VersionRule::kStash, 2, 2, {"0F0 1F0 1B0 1OPT0 0F1 0B0 0OPT0 1F1 1B1 1OPT1 0B1 0OPT1"}));
  EXPECT_THAT(v.weight_versions, ElementsAre(2));
  EXPECT_THAT(v.staleness, ElementsAre(1));
}

TEST(Versions, UpdatesAreNumberedAndTakeAGradient) {
  const auto failure = [](const std::vector<std::string>& rows) {
    return failure_of(asynchronous(VersionRule::kStash, static_cast<int>(rows.size()), 2, rows));
  };
  EXPECT_EQ(failure({"0F0 0B0 0OPT0 0F1 0B1 0OPT1"}), "");
  EXPECT_THAT(failure({"0F0 0B0 0OPT1 0F1 0B1 0OPT0"}),
              HasSubstr("rank 0, action 2 (0OPT1): is update 0 of its stage, counted from 0"));
  EXPECT_THAT(failure({"0F0 0OPT0 0B0 0F1 0B1 0OPT1"}), HasSubstr("action 1 (0OPT0): has no gradient to apply"));
  EXPECT_THAT(failure({"0F0 0B0 0OPT0 0OPT1 0F1 0B1"}), HasSubstr("action 3 (0OPT1): has no gradient to apply"));
  EXPECT_THAT(failure({"0F0 0B0 0OPT0 0F1 0B1"}), HasSubstr("action 4 (0B1): its gradient is lost"));
  EXPECT_THAT(failure({"0F0 0B0 0F1 0B1"}), HasSubstr("its gradient is lost"));
  EXPECT_THAT(failure({"0F0 0B0 0OPT0 0F1 0B1 0OPT1", "1F0 1B0 1F1 1B1 1OPT0"}),
              HasSubstr("rank 1, action 3 (1B1): is of update 0 here and of update 1 on stage 0"));
  EXPECT_THAT(failure({"0F0 0B0 0OPT0 0REDUCE_GRAD 0F1 0B1 0OPT1"}),
              HasSubstr("does not belong in an asynchronous table"));
}

TEST(Versions, AForwardsVersionMustExist) {
  // Stage 0 has made its update before microbatch 1 enters, stage 1 makes its own only after that microbatch's F.
  const std::vector<std::string> late = {"0F0 1F0 1B0 0B0 0OPT0 0F1 1F1 1OPT0 1B1 0B1 0OPT1 1OPT1"};
  EXPECT_EQ(failure_of(asynchronous(VersionRule::kStash, 2, 2, late)), "");
  EXPECT_THAT(failure_of(asynchronous(VersionRule::kVertical, 2, 2, late)),
              HasSubstr("action 6 (1F1): takes version 1 of the weights (rule vertical), and 1OPT0 does not stand"));
  EXPECT_EQ(failure_of(asynchronous(VersionRule::kDouble, 2, 2, late)), "");
}

/// What a rank's row shows of one stage, plainly: which version each microbatch takes and when.
class PlainVersions {
 public:
  explicit PlainVersions(const Table& table) : table_(table) {
    for (const auto& row : table.rows) {
      std::map<int, int> updates;  // [stage]
      for (const Action action : row) {
        if (action.kind == ActionKind::kUpdate) ++updates[action.stage];
        const std::pair<int, int> key(action.stage, action.microbatch);
        if (action.kind == ActionKind::kForward) newest_[key] = updates[action.stage];
        if (is_weight(action.kind)) update_[key] = updates[action.stage];
      }
    }
  }

  RankVersions of(int rank) const {
    RankVersions result;
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    std::map<int, int> newest;  // [stage]
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int stage = row[i].stage;
      if (is_weight(row[i].kind))
        result.staleness = std::max(result.staleness, update_.at({stage, row[i].microbatch}) - taken(row[i]));
      if (row[i].kind != ActionKind::kUpdate) continue;
      std::set<int> held = {++newest[stage]};
      for (std::size_t later = i + 1; later < row.size(); ++later)
        if (row[later].stage == stage && is_compute(row[later].kind)) held.insert(taken(row[later]));
      result.held = std::max(result.held, static_cast<int>(std::count_if(held.begin(), held.end(), [&](int version) {
                               return version <= newest[stage];
                             })));
    }
    return result;
  }

 private:
  int taken(Action action) const {
    const std::pair<int, int> key(action.stage, action.microbatch);
    if (table_.version_rule == VersionRule::kStash) return newest_.at(key);
    if (table_.version_rule == VersionRule::kVertical) return newest_.at({0, action.microbatch});
    return std::max(0, update_.at(key) - 1);
  }

  const Table& table_;
  std::map<std::pair<int, int>, int> newest_;  // [stage, microbatch], updates before the F
  std::map<std::pair<int, int>, int> update_;  // [stage, microbatch], that takes the gradient
};

TEST(Versions, AreThoseOfAPlainCount) {
  constexpr VersionRule kRules[] = {VersionRule::kStash, VersionRule::kVertical, VersionRule::kDouble};
  for (const VersionRule rule : kRules) {
    for (const int ranks : {1, 2, 3, 5}) {
      for (const int microbatches : {1, 4, 7, 20}) {
        for (const int update_every : {1, 2, 3, 5, 7}) {
          const Table table = one_forward_one_backward(ranks, microbatches, update_every, rule);
          if (rule == VersionRule::kDouble && update_every < ranks) continue;
          const Verification v = verify(table);
          for (int rank = 0; rank < ranks; ++rank) {
            const RankVersions plain = PlainVersions(table).of(rank);
            EXPECT_EQ(v.weight_versions[static_cast<std::size_t>(rank)], plain.held);
            EXPECT_EQ(v.staleness[static_cast<std::size_t>(rank)], plain.staleness);
          }
        }
      }
    }
  }
}

TEST(Versions, ReplicatedStagesAreRefused) {
  EXPECT_THAT(failure_of(asynchronous(VersionRule::kStash, 2, 2,
                                      {"0F0 1F1 1B1 0B0 0OPT0 1OPT0", "1F0 0F1 1B0 0B1 0OPT0 1OPT0"})),
              HasSubstr("rank 1, action 0 (1F0): its stage is on rank 0 too; in an asynchronous table"));
  EXPECT_THAT(failure_of(asynchronous(VersionRule::kStash, 1, 1, {"0F0 0B0", "0OPT0"})),
              HasSubstr("its stage is on rank 0 too"));
}

}  // namespace
}  // namespace triaxis
