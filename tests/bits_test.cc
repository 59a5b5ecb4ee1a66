// One logical partition gives one run: losses, gradients and weights are the same bits on any grid, under any schedule,
// with any number of threads.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "comm/local/local.h"
#include "config/config.h"
#include "schedule/csv.h"
#include "schedule/registry.h"
#include "small_model.h"
#include "train/digest.h"
#include "train/run.h"
#include "train/trainer.h"

namespace triaxis {
namespace {

const Sets kPartition = {"numerics.tensor_shards=4", "numerics.data_groups=4"};

/// What a run leaves at rank 0.
struct Outcome {
  std::vector<std::string> losses;      ///< the bits of each step's
  std::vector<TensorDigest> gradients;  ///< of step 1
  std::vector<TensorDigest> weights;    ///< after the last step
  double gradient_norm = 0;             ///< of step 1
};

Outcome run(const Sets& sets, std::int64_t steps = kSmallSteps) {
  const Config config = small_config(sets);
  const RunPlan plan = plan_run(config);
  Outcome outcome;
  run_local(plan.grid.ranks(), [&](World& world) {
    Trainer trainer(world, config, plan);
    Outcome mine;
    for (std::int64_t step = 1; step <= steps; ++step) {
      const StepResult result = trainer.step(step, fill_small, [&] {
        if (step == 1) mine.gradients = digest(trainer, plan, DigestOf::kGradients);
      });
      mine.losses.push_back(loss_bits(result.loss));
      if (step == 1) mine.gradient_norm = result.gradient_norm;
    }
    mine.weights = digest(trainer, plan, DigestOf::kWeights);
    if (world.rank() == 0) outcome = mine;
  });
  return outcome;
}

std::vector<std::string> lines(const std::vector<TensorDigest>& digests) {
  std::vector<std::string> text;
  for (const TensorDigest& each : digests) text.push_back(each.name + " " + each.hash);
  return text;
}

/// The first step's gradients say which tensor is at fault, so the rest follows only where they agree.
void expect_same_bits(const Outcome& outcome, const Outcome& expected) {
  ASSERT_FALSE(expected.gradients.empty());
  ASSERT_EQ(lines(outcome.gradients), lines(expected.gradients));
  ASSERT_EQ(outcome.losses, expected.losses);
  EXPECT_EQ(lines(outcome.weights), lines(expected.weights));
}

/// What changes the result, so each has a reference of its own.
const std::vector<Sets> kModels = {
    {"model.tie_embeddings=true", "model.dropout=0"},
    {"model.tie_embeddings=true", "model.dropout=0.1"},
    {"model.tie_embeddings=false", "model.dropout=0"},
    {"model.tie_embeddings=false", "model.dropout=0.1"},
};

/// One rank's outcome in the logical partition, run once a model.
const Outcome& reference(const Sets& model) {
  static std::map<Sets, Outcome> outcomes;
  const auto found = outcomes.find(model);
  if (found != outcomes.end()) return found->second;
  return outcomes.emplace(model, run(kPartition + model)).first->second;
}

TEST(Bits, DependOnTheModel) {
  for (std::size_t i = 1; i < kModels.size(); ++i)
    EXPECT_NE(reference(kModels[i]).losses, reference(kModels[0]).losses) << fmt::format("{}", kModels[i]);
}

TEST(Bits, DependOnThePartition) {
  EXPECT_NE(lines(run(kModels[0], 1).gradients), lines(reference(kModels[0]).gradients));
}

class BitsOfLayout : public ::testing::TestWithParam<const char*> {};

TEST_P(BitsOfLayout, AreThoseOfOneRank) {
  for (const char* schedule : {"gpipe", "1f1b"}) {
    for (const Sets& model : kModels) {
      const Sets sets =
          layout_sets(GetParam()) + kPartition + model + Sets{fmt::format("parallel.schedule={}", schedule)};
      SCOPED_TRACE(fmt::format("{}", sets));
      expect_same_bits(run(sets), reference(model));
    }
  }
}

TEST_P(BitsOfLayout, DifferLittleInItsOwnPartition) {
  const Sets even = {"parallel.schedule=1f1b", "model.dropout=0.1"};
  const Outcome one = run(even, 1);
  const Outcome many = run(layout_sets(GetParam()) + even, 1);
  ASSERT_FALSE(one.gradients.empty());
  ASSERT_EQ(many.gradients.size(), one.gradients.size());
  for (std::size_t i = 0; i < one.gradients.size(); ++i) {
    const double norm = one.gradients[i].norm;
    EXPECT_NEAR(many.gradients[i].norm, norm, 1e-5 * std::max(norm, 1e-4 * one.gradient_norm)) << one.gradients[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, BitsOfLayout,
                         ::testing::Values("111", "211", "121", "112", "113", "114", "122", "212", "221", "222", "411",
                                           "141", "142"),
                         [](const auto& degrees) { return std::string(degrees.param); });

TEST(Bits, AreTheSameUnderTheNaiveSchedule) {
  expect_same_bits(run(layout_sets("113") + kPartition + kModels[1] + Sets{"parallel.schedule=naive"}),
                   reference(kModels[1]));
}

TEST(Bits, AreTheSameUnderSchedulesOfOtherOrders) {
  // The model's five layers, embedding and head over up to six stages.
  const std::map<int, std::string> layers = {{2, "[4,1]"}, {3, "[1,3,1]"}, {4, "[1,2,1,1]"}, {6, "[0,1,2,1,1,0]"}};
  struct Case {
    const char* schedule;
    int ranks;
    int chunks;
  };
  for (const auto& [schedule, ranks, chunks] :
       {Case{"interleaved", 2, 2}, Case{"interleaved", 3, 2}, Case{"bfs", 2, 3}, Case{"zb-h1", 3, 1},
        Case{"zb-h2", 2, 1}, Case{"zb-v", 2, 2}, Case{"zb-v", 3, 2}, Case{"v-half", 3, 2}, Case{"v-min", 2, 2},
        Case{"interleaved-zb", 3, 2}, Case{"hanayo", 3, 2}, Case{"dualpipev", 2, 2}, Case{"dualpipev", 3, 2},
        Case{"zb-2p", 3, 1}, Case{"auto", 3, 1}, Case{"auto", 2, 2}}) {
    SCOPED_TRACE(fmt::format("{} {}x{}", schedule, ranks, chunks));
    const Sets sets = {fmt::format("parallel.schedule={}", schedule), fmt::format("parallel.pipeline={}", ranks),
                       fmt::format("parallel.chunks={}", chunks),
                       fmt::format("parallel.layers_per_stage={}", layers.at(ranks * chunks))};
    expect_same_bits(run(kPartition + kModels[1] + sets), reference(kModels[1]));
  }
}

TEST(Bits, AreTheSameWithTwoThreads) {
  for (const char* degrees : {"111", "122"}) {
    SCOPED_TRACE(degrees);
    expect_same_bits(run(layout_sets(degrees) + kPartition + kModels[1] + Sets{"train.threads=2"}),
                     reference(kModels[1]));
  }
}

TEST(Bits, AreTheSameWithTwoSequencesAMicrobatch) {
  const Sets model = kModels[3] + Sets{"batch.micro=2"};
  for (const char* degrees : {"114", "222"}) {
    SCOPED_TRACE(degrees);
    expect_same_bits(run(layout_sets(degrees) + kPartition + model), reference(model));
  }
}

TEST(Bits, RepeatInTheirOwnPartition) {
  for (const char* degrees : {"111", "211", "121", "112", "113", "114", "122", "212", "221", "222"}) {
    SCOPED_TRACE(degrees);
    expect_same_bits(run(layout_sets(degrees) + kModels[1]), run(layout_sets(degrees) + kModels[1]));
  }
}

TEST(Bits, AreTheSameWithASplitBackward) {
  Table table = make_schedule("1f1b", {.ranks = 2, .microbatches = 16, .stages_per_rank = 1});
  for (auto& row : table.rows) {
    std::vector<Action> split;
    for (const Action action : row) {
      if (action.kind != ActionKind::kBackward) {
        split.push_back(action);
        continue;
      }
      split.push_back(make_action(ActionKind::kBackwardInput, action.stage, action.microbatch));
      split.push_back(make_action(ActionKind::kBackwardWeight, action.stage, action.microbatch));
    }
    row = split;
  }
  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / fmt::format("triaxis-split-{}.csv", getpid());
  std::ofstream(file) << csv_of_rows(table, CsvDialect::kTriaxis);
  for (const Sets& model : kModels) {
    SCOPED_TRACE(fmt::format("{}", model));
    expect_same_bits(
        run(layout_sets("112") + kPartition + model + Sets{fmt::format("parallel.schedule={}", file.string())}),
        reference(model));
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace triaxis
