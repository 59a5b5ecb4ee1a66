#include "cost/load.h"

#include <gmock/gmock.h>

#include <array>

#include "cost/flops.h"
#include "schedule/passes/lower.h"
#include "schedule/registry.h"

namespace triaxis {
namespace {

Config pipeline_of(int ranks) {
  Config config;
  config.parallel.pipeline = ranks;
  config.parallel.tensor = 2;
  config.parallel.data = 2;
  config.numerics = {.tensor_shards = 4, .data_groups = 8};
  config.batch.micro = 3;
  return config;
}

std::vector<RankLoad> loads(const Config& config, std::span<const char* const> schedules, int microbatches) {
  const std::vector<StageRange> stages = balance_stages(block_costs(config.model), config.parallel.pipeline);
  std::vector<Table> tables;
  for (const char* schedule : schedules) {
    tables.push_back(lower(make_schedule(schedule, {config.parallel.pipeline, microbatches})));
  }
  return loads_of(config, stages, tables);
}

TEST(LoadsOf, TakeTheCutsFromTheConfiguration) {
  const std::vector<RankLoad> result = loads(pipeline_of(2), std::array{"gpipe"}, 4);
  ASSERT_EQ(result.size(), 2);
  for (const RankLoad& load : result) {
    EXPECT_EQ(load.batch, 3);
    EXPECT_EQ(load.local_shards(), 2);
    EXPECT_EQ(load.local_groups(), 4);
    EXPECT_EQ(load.stages.size(), 1);
  }
  EXPECT_EQ(result.front().stages.front().blocks.first, 0);
  EXPECT_EQ(result.back().stages.front().blocks.last, 14);
}

// GPipe keeps every microbatch; 1F1B as many as there are stages from here to the end (Narayanan et al. 2021).
TEST(LoadsOf, TakeTheSlotsFromTheSchedule) {
  const std::vector<RankLoad> gpipe = loads(pipeline_of(4), std::array{"gpipe"}, 8);
  const std::vector<RankLoad> one = loads(pipeline_of(4), std::array{"1f1b"}, 8);
  for (std::size_t rank = 0; rank < 4; ++rank) {
    EXPECT_EQ(gpipe[rank].stages.front().saved_slots, 8);
    EXPECT_EQ(one[rank].stages.front().saved_slots, 4 - static_cast<int>(rank));
    EXPECT_EQ(one[rank].stages.front().gradient_slots, 0);
  }
}

TEST(LoadsOf, CountChannelsToBothNeighbours) {
  const std::vector<RankLoad> result = loads(pipeline_of(4), std::array{"1f1b"}, 8);
  EXPECT_EQ(result[0].send_channels, 1);
  EXPECT_EQ(result[1].send_channels, 2);
  EXPECT_EQ(result[3].send_channels, 1);
  for (const RankLoad& load : result) {
    EXPECT_GE(load.receive_buffers, load.send_channels);
    EXPECT_EQ(load.local_buffers, 0);
  }
  EXPECT_EQ(loads(pipeline_of(1), std::array{"1f1b"}, 8).front().send_channels, 0);
}

TEST(LoadsOf, TwoTablesNeedTheLargerOfBoth) {
  const std::vector<RankLoad> one = loads(pipeline_of(2), std::array{"1f1b"}, 8);
  const std::vector<RankLoad> both = loads(pipeline_of(2), std::array{"1f1b", "gpipe"}, 8);
  EXPECT_EQ(both[0].stages.front().saved_slots, 8);
  EXPECT_EQ(both[0].send_channels, one[0].send_channels);
  EXPECT_GE(both[0].receive_buffers, one[0].receive_buffers);
}

// Two stages of one rank hand their tensors over without a message. The second forward waits until both first ones are
// done, so two tensors lie between the stages at once.
TEST(LoadsOf, CountWhatStagesOfOneRankHandOver) {
  Table table{
      .name = "two chunks", .kind = TableKind::kTrain, .ranks = 1, .stages = 2, .microbatches = 2, .rows = {{}}};
  using enum ActionKind;
  for (const auto& [kind, stage] : {std::pair{kForward, 0}, {kForward, 1}, {kBackward, 1}, {kBackward, 0}}) {
    for (int microbatch = 0; microbatch < 2; ++microbatch) {
      table.rows.front().push_back(make_action(kind, stage, microbatch));
    }
  }
  Config config;
  const std::vector<RankLoad> result =
      loads_of(config, std::vector<StageRange>{{0, 7}, {7, 14}}, std::vector<Table>{lower(table)});
  EXPECT_EQ(result.front().local_buffers, 2);
  EXPECT_EQ(result.front().send_channels, 0);
  ASSERT_EQ(result.front().stages.size(), 2);
  EXPECT_EQ(result.front().stages[1].saved_slots, 2);
}

}  // namespace
}  // namespace triaxis
