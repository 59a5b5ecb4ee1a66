#include "train/elastic.h"

#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "train/memory_limit.h"
#include "train/plan.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kPlenty = std::numeric_limits<std::int64_t>::max();

Config run_of(int data, int tensor, int pipeline) {
  Config config;
  config.model.layers = 6;
  config.model.hidden = 48;
  config.model.heads = config.model.kv_heads = 12;
  config.model.ffn_hidden = 96;
  config.model.vocab = 257;
  config.model.seq_len = 8;
  config.data.path = "corpus.txt";
  config.batch = {.global = 24, .micro = 1};
  config.parallel.data = data;
  config.parallel.tensor = tensor;
  config.parallel.pipeline = pipeline;
  config.log.metrics = "metrics.jsonl";
  return config;
}

std::int64_t memory_of(const Config& config) {
  std::int64_t sum = 0;
  const RunPlan plan = plan_run(config);
  for (const RankLoad& load : plan.loads) sum += predict_memory(config.model, load).total();
  return sum * config.parallel.data * config.parallel.tensor;
}

bool runs(const Config& config, std::int64_t memory) {
  try {
    validate(config);
    return memory_of(config) <= memory;
  } catch (const UserError&) {
    return false;
  }
}

using Degrees3 = std::tuple<int, int, int>;  // data, tensor, pipeline

std::optional<Degrees3> shrunk(const Config& config, int slots, std::int64_t memory = kPlenty) {
  try {
    const ParallelConfig chosen = shrink_layout(config, slots, memory).parallel;
    return Degrees3{chosen.data, chosen.tensor, chosen.pipeline};
  } catch (const RunError&) {
    return std::nullopt;
  }
}

/// The rule once more, asked of every layout in turn.
std::optional<Degrees3> expected(const Config& config, int slots, std::int64_t memory) {
  std::optional<Degrees3> best;
  std::tuple<bool, int, int, int> best_merit;
  const ParallelConfig& now = config.parallel;
  for (int ranks = 1; ranks <= slots; ++ranks) {
    for (int data = 1; data <= now.data; ++data) {
      for (int tensor = 1; tensor <= now.tensor; ++tensor) {
        const int pipeline = ranks / (data * tensor);
        if (pipeline < 1 || pipeline > now.pipeline || data * tensor * pipeline != ranks) continue;
        Config candidate = config;
        candidate.parallel.data = data;
        candidate.parallel.tensor = tensor;
        candidate.parallel.pipeline = pipeline;
        const bool only_data = tensor == now.tensor && pipeline == now.pipeline;
        const std::tuple merit{only_data, ranks, -data, tensor};
        if ((best && merit <= best_merit) || !runs(candidate, memory)) continue;
        best = Degrees3{data, tensor, pipeline};
        best_merit = merit;
      }
    }
  }
  return best;
}

void expect_rule(const Config& config, std::int64_t memory = kPlenty) {
  for (int slots = 0; slots <= ranks(config); ++slots) {
    EXPECT_EQ(shrunk(config, slots, memory), expected(config, slots, memory))
        << layout_name(config.parallel) << " on " << slots << " slots";
  }
}

TEST(Elastic, EverySmallLayoutFollowsTheRule) {
  for (int data : {1, 2, 3, 4}) {
    for (int tensor : {1, 2, 3, 4}) {
      for (int pipeline : {1, 2, 3}) {
        Config config = run_of(data, tensor, pipeline);
        expect_rule(config);
        config.numerics = {.tensor_shards = tensor, .data_groups = data};
        expect_rule(config);
      }
    }
  }
}

TEST(Elastic, SchedulesRefuseWhatTheyCannotRun) {
  Config config = run_of(4, 1, 3);
  config.parallel.schedule = "interleaved";
  config.parallel.chunks = 2;
  config.batch.global = 36;
  for (std::int64_t global : {12, 24, 36}) {
    config.batch.global = global;
    expect_rule(config);
  }
  config = run_of(2, 1, 3);
  config.parallel.layers_per_stage = {1, 2, 3};
  expect_rule(config);
}

TEST(Elastic, MemoryCounts) {
  Config config = run_of(2, 2, 2);
  config.parallel.schedule = "gpipe";
  const std::int64_t whole = memory_of(config);
  for (int share = 1; share <= 8; ++share) expect_rule(config, whole * share / 8);
}

TEST(Elastic, TheDataDegreeShrinksFirst) {
  Config config = run_of(2, 2, 2);
  EXPECT_EQ(shrunk(config, 8), (Degrees3{2, 2, 2}));
  EXPECT_EQ(shrunk(config, 7), (Degrees3{1, 2, 2}));
  EXPECT_EQ(shrunk(config, 3), (Degrees3{1, 2, 1}));
  EXPECT_EQ(shrunk(config, 1), (Degrees3{1, 1, 1}));
  config = run_of(4, 1, 1);
  EXPECT_EQ(shrunk(config, 3), (Degrees3{3, 1, 1}));
  config.numerics.data_groups = 4;
  EXPECT_EQ(shrunk(config, 3), (Degrees3{2, 1, 1}));
}

TEST(Elastic, NothingFitsWithAReason) {
  const auto reason = [](int slots, std::int64_t memory) -> std::string {
    try {
      shrink_layout(run_of(2, 1, 1), slots, memory);
    } catch (const RunError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(reason(0, kPlenty), "no layout of at most 0 ranks can take the place of 2x1x1; no slot is left");
  EXPECT_THAT(reason(1, 1000), HasSubstr("1x1x1, is refused: this layout needs"));
}

TEST(Elastic, WhatBecomesOfTheBitsIsSaid) {
  Config before = run_of(2, 2, 2);
  Config after = run_of(1, 2, 2);
  EXPECT_EQ(bits_after_change(before, after),
            "the bits of further steps differ, because numerics.data_groups = 0 means the real degree, 2 before and 1 "
            "now");
  before.numerics.data_groups = after.numerics.data_groups = 2;
  EXPECT_EQ(bits_after_change(before, after),
            "the same bits, because the logical partition stays 2 tensor shards and 2 data groups");
  after.parallel.tensor = 1;
  EXPECT_THAT(bits_after_change(before, after), HasSubstr("numerics.tensor_shards = 0"));
}

}  // namespace
}  // namespace triaxis
