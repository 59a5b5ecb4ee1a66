// What cost/memory predicts against what the running half books.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/saver.h"
#include "comm/local/local.h"
#include "config/config.h"
#include "runtime/executor.h"
#include "train/batch.h"
#include "train/groups.h"
#include "train/plan.h"

namespace triaxis {
namespace {

// Every cut is a multiple of 64, the block in which any matrix engine packs.
constexpr std::string_view kModel = R"(
[model]
layers = 5
hidden = 256
heads = 8
vocab = 512
seq_len = 64
[data]
path = "unused"
[batch]
global = 16
micro = 1
)";

constexpr std::array kMembers = {
    std::pair{Category::kParameters, &MemoryBytes::parameters},
    std::pair{Category::kGradients, &MemoryBytes::gradients},
    std::pair{Category::kOptimizer, &MemoryBytes::optimizer},
    std::pair{Category::kActivations, &MemoryBytes::activations},
    std::pair{Category::kCommunication, &MemoryBytes::communication},
    std::pair{Category::kWorkspace, &MemoryBytes::workspace},
};

void fill_with_ones(std::int64_t, std::span<std::int32_t> ids, std::span<std::int32_t> targets) {
  std::fill(ids.begin(), ids.end(), 1);
  std::fill(targets.begin(), targets.end(), 1);
}

/// Builds one rank, runs a step and a validation on it. RETURNS: its high-water marks.
MemoryBytes run_rank(World& world, const Config& config, const RunPlan& plan) {
  const RankPlan mine = plan_rank(config, plan, world.rank());
  const Groups groups = make_groups(world, plan.grid);
  MemoryLedger ledger;
  Stream stream(1);
  Executor executor({.model = config.model,
                     .kernels = fast_kernels(),
                     .stream = stream,
                     .ledger = ledger,
                     .slice = mine.slice,
                     .batch = config.batch.micro,
                     .groups = mine.groups,
                     .seed = 1,
                     .stages = plan.blocks,
                     .train = &mine.train,
                     .forward = &mine.forward,
                     .tensor = groups.tensor.get(),
                     .pipeline = groups.pipeline.get(),
                     .data = groups.data.get(),
                     .tie = groups.tie.get(),
                     .first_rank = plan.first_rank,
                     .last_rank = plan.last_rank});
  executor.initialise();
  Batch batch({mine.microbatches, config.batch.micro, config.model.seq_len, mine.groups}, ledger);
  std::vector<const ParameterStore*> stores;
  for (const auto& stage : executor.stages()) stores.push_back(&stage->parameters);
  const Snapshot snapshot(stores, slices_of(plan.saved, world.rank()), ledger);
  batch.load(1, 0, 1.0, fill_with_ones);
  executor.run(mine.train, batch.microbatches(), 0, nullptr);
  executor.run(mine.forward, batch.microbatches(), 0, nullptr);
  MemoryBytes high;
  for (const auto& [category, member] : kMembers) high.*member = ledger.high_water(category);
  return high;
}

class MemoryPredicted : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(MemoryPredicted, IsWhatEachRankBooks) {
  const Config config = parse_config(kModel, "test.toml", GetParam());
  const RunPlan plan = plan_run(config);
  std::vector<MemoryBytes> booked(static_cast<std::size_t>(plan.grid.ranks()));
  run_local(plan.grid.ranks(),
            [&](World& world) { booked[static_cast<std::size_t>(world.rank())] = run_rank(world, config, plan); });
  for (int rank = 0; rank < plan.grid.ranks(); ++rank) {
    const auto stage = static_cast<std::size_t>(plan.grid.coordinates(rank).pipeline);
    RankLoad load = plan.loads[stage];
    // What a checkpoint takes is shared over the data axis, and predicted for the rank with most.
    std::int64_t saved = 0;
    for (const OwnedSlice& slice : slices_of(plan.saved, rank)) saved += slice.box.elements();
    EXPECT_LE(saved, load.saved_elements);
    load.saved_elements = saved;
    const MemoryBytes predicted = predict_memory(config.model, load);
    for (const auto& [category, member] : kMembers) {
      const auto high = static_cast<double>(booked[static_cast<std::size_t>(rank)].*member);
      EXPECT_NEAR(static_cast<double>(predicted.*member), high, 0.01 * high)
          << "rank " << rank << ", " << name_of(category);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, MemoryPredicted,
    ::testing::Values(std::vector<std::string>{}, std::vector<std::string>{"model.tie_embeddings=false"},
                      std::vector<std::string>{"numerics.tensor_shards=4", "numerics.data_groups=4"},
                      std::vector<std::string>{"parallel.pipeline=3"},
                      std::vector<std::string>{"parallel.pipeline=2", "parallel.schedule=gpipe", "batch.micro=2"},
                      std::vector<std::string>{"parallel.tensor=2", "parallel.data=2", "parallel.pipeline=2"},
                      std::vector<std::string>{"parallel.tensor=2", "parallel.pipeline=2", "numerics.tensor_shards=4",
                                               "numerics.data_groups=2", "parallel.layers_per_stage=[1,4]",
                                               "model.vocab=500"}));

}  // namespace
}  // namespace triaxis
