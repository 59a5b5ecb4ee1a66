#include "runtime/program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

/// What a buffer holds: 'F' and a stage and microbatch for that stage's input, 'B' for its output's gradient.
using Content = std::tuple<char, int, int>;

/// A pool of numbered places, each free or holding something.
template <typename T>
class Places {
 public:
  void take(int number, const T& content) {
    EXPECT_TRUE(live_.emplace(number, content).second) << number << " is taken twice";
    count_ = std::max(count_, number + 1);
  }
  void give(int number, const T& content) {
    const auto found = live_.find(number);
    ASSERT_NE(found, live_.end()) << number << " is read before it is filled";
    EXPECT_EQ(found->second, content) << number << " holds something else";
    live_.erase(found);
  }
  bool holds(int number, const T& content) const {
    const auto found = live_.find(number);
    return found != live_.end() && found->second == content;
  }
  bool empty() const { return live_.empty(); }
  int count() const { return count_; }

 private:
  std::map<int, T> live_;
  int count_ = 0;
};

/// Executes a program with contents in place of tensors: every rule that the executor relies on is an expectation.
class Rehearsal {
 public:
  Rehearsal(const Table& table, const Program& program) : table_(table), program_(program) {
    saved_.resize(program.stages.size());
    gradients_.resize(program.stages.size());
  }

  void run() {
    for (const Instruction& instruction : program_.instructions) {
      SCOPED_TRACE(action_text(instruction.action));
      step(instruction);
    }
    EXPECT_TRUE(local_.empty());
    for (const auto& [peer, places] : sends_) EXPECT_TRUE(places.empty()) << "to " << peer;
    for (const auto& [peer, places] : receives_) EXPECT_TRUE(places.empty()) << "from " << peer;
    for (std::size_t s = 0; s < saved_.size(); ++s) {
      EXPECT_TRUE(saved_[s].empty());
      EXPECT_TRUE(gradients_[s].empty());
      EXPECT_EQ(program_.slots[s].saved, saved_[s].count());
      EXPECT_EQ(program_.slots[s].gradient, gradients_[s].count());
    }
    EXPECT_EQ(program_.local_buffers, local_.count());
    expect_channels();
  }

 private:
  void step(const Instruction& instruction) {
    const Action& action = instruction.action;
    const auto s = static_cast<std::size_t>(instruction.stage);
    ASSERT_LT(s, program_.stages.size());
    EXPECT_EQ(program_.stages[s], action.stage);
    switch (action.kind) {
      case ActionKind::kForward:
        saved_[s].take(instruction.slot.saved, action.microbatch);
        compute(instruction, 'F', action.stage > 0, action.stage + 1 < table_.stages, action.stage + 1);
        if (table_.kind == TableKind::kForward) saved_[s].give(instruction.slot.saved, action.microbatch);
        break;
      case ActionKind::kBackwardInput:
        EXPECT_TRUE(saved_[s].holds(instruction.slot.saved, action.microbatch));
        gradients_[s].take(instruction.slot.gradient, action.microbatch);
        compute(instruction, 'B', action.stage + 1 < table_.stages, action.stage > 0, action.stage - 1);
        break;
      case ActionKind::kBackward:
        EXPECT_EQ(instruction.slot.gradient, 0) << "full backwards share one memory";
        compute(instruction, 'B', action.stage + 1 < table_.stages, action.stage > 0, action.stage - 1);
        saved_[s].give(instruction.slot.saved, action.microbatch);
        break;
      case ActionKind::kBackwardWeight:
        saved_[s].give(instruction.slot.saved, action.microbatch);
        gradients_[s].give(instruction.slot.gradient, action.microbatch);
        break;
      case ActionKind::kSendForward:
        sends_[instruction.out.peer].give(instruction.out.buffer, {'F', action.stage + 1, action.microbatch});
        break;
      case ActionKind::kSendBackward:
        sends_[instruction.out.peer].give(instruction.out.buffer, {'B', action.stage - 1, action.microbatch});
        break;
      case ActionKind::kRecvForward:
        receives_[instruction.in.peer].take(instruction.in.buffer, {'F', action.stage, action.microbatch});
        break;
      case ActionKind::kRecvBackward:
        receives_[instruction.in.peer].take(instruction.in.buffer, {'B', action.stage, action.microbatch});
        break;
      default:
        EXPECT_EQ(action.kind, ActionKind::kReduceGrad);
    }
  }

  /// The output is taken while the input is still held, so the two cannot be one buffer.
  void compute(const Instruction& instruction, char what, bool has_input, bool has_output, int next) {
    const Action& action = instruction.action;
    EXPECT_EQ(instruction.in.where != Port::Where::kNone, has_input);
    EXPECT_EQ(instruction.out.where != Port::Where::kNone, has_output);
    if (instruction.out.where == Port::Where::kLocal)
      local_.take(instruction.out.buffer, {what, next, action.microbatch});
    if (instruction.out.where == Port::Where::kChannel) {
      // In turn, so that the next message can be made while this one leaves.
      EXPECT_EQ(instruction.out.buffer, made_[instruction.out.peer]++ % kSendBuffers);
      sends_[instruction.out.peer].take(instruction.out.buffer, {what, next, action.microbatch});
    }
    const Content content{what, action.stage, action.microbatch};
    if (instruction.in.where == Port::Where::kLocal) local_.give(instruction.in.buffer, content);
    if (instruction.in.where == Port::Where::kChannel)
      receives_[instruction.in.peer].give(instruction.in.buffer, content);
  }

  void expect_channels() const {
    EXPECT_EQ(program_.sends.size(), sends_.size());
    for (const ChannelPlan& plan : program_.sends) {
      EXPECT_EQ(plan.buffers, kSendBuffers);
      ASSERT_TRUE(sends_.contains(plan.peer));
      EXPECT_LE(sends_.at(plan.peer).count(), plan.buffers);
    }
    EXPECT_EQ(program_.receives.size(), receives_.size());
    for (const ChannelPlan& plan : program_.receives) {
      ASSERT_TRUE(receives_.contains(plan.peer));
      EXPECT_EQ(receives_.at(plan.peer).count(), plan.buffers);
    }
  }

  const Table& table_;
  const Program& program_;
  std::vector<Places<int>> saved_;
  std::vector<Places<int>> gradients_;
  std::map<int, Places<Content>> sends_;
  std::map<int, Places<Content>> receives_;
  Places<Content> local_;
  std::map<int, int> made_;  // messages, by peer
};

/// REQUIRES: `table` is lowered.
void expect_program(const Table& table) {
  const Verification verified = verify(table);
  for (int rank = 0; rank < table.ranks; ++rank) {
    SCOPED_TRACE(table.name + ", rank " + std::to_string(rank) + " of " + std::to_string(table.ranks) + ", " +
                 std::to_string(table.microbatches) + " microbatches");
    const Program program = compile(table, rank);
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    ASSERT_EQ(program.instructions.size(), row.size());
    for (std::size_t i = 0; i < row.size(); ++i) EXPECT_EQ(program.instructions[i].action, row[i]);
    EXPECT_EQ(program.microbatches, table.microbatches);
    EXPECT_EQ(program.reduces, table.kind == TableKind::kTrain);
    Rehearsal(table, program).run();

    const std::vector<StagePeak>& peaks = verified.ranks[static_cast<std::size_t>(rank)].stages;
    ASSERT_EQ(program.slots.size(), peaks.size());
    for (std::size_t s = 0; s < peaks.size(); ++s) {
      EXPECT_EQ(program.stages[s], peaks[s].stage);
      EXPECT_EQ(program.slots[s].saved, peaks[s].activations);
      EXPECT_EQ(program.slots[s].gradient, peaks[s].gradients);
    }
    for (const ChannelUse& use : verified.channels) {
      if (use.destination != rank) continue;
      const auto plan = std::find_if(program.receives.begin(), program.receives.end(),
                                     [&](const ChannelPlan& p) { return p.peer == use.source; });
      ASSERT_NE(plan, program.receives.end());
      EXPECT_EQ(plan->buffers, use.posted_receives);
    }
  }
}

void for_each_size(const std::function<void(const ScheduleRequest&)>& body) {
  for (int ranks = 1; ranks <= 4; ++ranks) {
    for (int microbatches = 1; microbatches <= 8; ++microbatches) body({ranks, microbatches, 1});
  }
}

/// The same with I where B stood, and all W after them.
Table split_backward(Table table) {
  for (std::vector<Action>& row : table.rows) {
    std::vector<Action> weights;
    for (Action& action : row) {
      if (action.kind != ActionKind::kBackward) continue;
      action.kind = ActionKind::kBackwardInput;
      weights.push_back(make_action(ActionKind::kBackwardWeight, action.stage, action.microbatch));
    }
    row.insert(row.end(), weights.begin(), weights.end());
  }
  return table;
}

class CompiledSchedule : public testing::TestWithParam<const char*> {};

TEST_P(CompiledSchedule, HoldsAndHandsOnEveryTensorOnce) {
  for_each_size([](const ScheduleRequest& request) {
    const Table table = make_schedule(GetParam(), request);
    expect_program(lower(insert_reduce_grad(table)));
  });
}

TEST_P(CompiledSchedule, HoldsGradientsUntilTheWeightPass) {
  for_each_size([](const ScheduleRequest& request) {
    const Table table = split_backward(make_schedule(GetParam(), request));
    expect_program(lower(insert_reduce_grad(table)));
  });
}

INSTANTIATE_TEST_SUITE_P(Train, CompiledSchedule, testing::Values("naive", "gpipe", "1f1b"));

TEST(Compile, AForwardTableNeedsOneSlotAStage) {
  for (const int stages_per_rank : {1, 2, 3}) {
    for_each_size([&](ScheduleRequest request) {
      request.stages_per_rank = stages_per_rank;
      const Table table = lower(make_schedule("forward", request));
      expect_program(table);
      for (const SlotCounts& slots : compile(table, 0).slots) {
        EXPECT_EQ(slots.saved, 1);
        EXPECT_EQ(slots.gradient, 0);
      }
    });
  }
}

TEST(Compile, HandsOnBetweenStagesOfOneRank) {
  const Table table = table_of(TableKind::kTrain, 3, 2,
                               {"0F0 0F1 1F0 1F1 2F0 2B0 1B0 2F1 2B1 1B1 0B0 0B1 0REDUCE_GRAD 1REDUCE_GRAD "
                                "2REDUCE_GRAD"});
  expect_program(table);
  const Program program = compile(table, 0);
  EXPECT_TRUE(program.sends.empty());
  EXPECT_TRUE(program.receives.empty());
  // 1F0 writes its output while its input and that of 1F1 are still held.
  EXPECT_EQ(program.local_buffers, 3);
}

TEST(Compile, RefusesWhatTheRuntimeCannotDo) {
  const Table table = table_of(TableKind::kTrain, 1, 1, {"0F0 0R0 0B0"});
  EXPECT_NE(user_error_of([&] { compile(table, 0); }).find("0R0"), std::string::npos);
}

}  // namespace
}  // namespace triaxis
