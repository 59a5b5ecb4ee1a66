#include "train/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "cost/flops.h"
#include "cost/load.h"
#include "schedule/csv.h"
#include "schedule/index.h"
#include "schedule/passes/compute_only.h"
#include "schedule/passes/forward_only.h"
#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

// MPI matches messages of each ordered pair on their own, as per_direction does.
constexpr std::array kMedia = {ChannelModel::kPerDirection};

bool is_file(const std::string& schedule) { return schedule.ends_with(".csv"); }

std::vector<StageRange> cut(const Config& config) {
  if (!config.parallel.layers_per_stage.empty()) return explicit_stages(config.model, config.parallel.layers_per_stage);
  return balance_stages(block_costs(config.model), stages(config));
}

/// The FLOPs of each stage's actions, for a schedule that searches.
Costs stage_costs(const Config& config) {
  const std::vector<Block> blocks = blocks_of(config.model);
  Costs costs{{}, {}, {}, 0, {}};
  for (const StageRange& range : cut(config)) {
    BlockFlops sum;
    for (auto block = static_cast<std::size_t>(range.first); block < static_cast<std::size_t>(range.last); ++block) {
      const BlockFlops flops = block_flops(config.model, blocks[block], config.batch.micro);
      sum.forward += flops.forward;
      sum.input_gradient += flops.input_gradient;
      sum.weight_gradient += flops.weight_gradient;
    }
    costs.forward.push_back(sum.forward);
    costs.backward_input.push_back(sum.input_gradient);
    costs.backward_weight.push_back(sum.weight_gradient);
  }
  return costs;
}

Table made_table(const Config& config, int microbatches) {
  const ScheduleRow& row = find_schedule(config.parallel.schedule);
  ScheduleRequest request{config.parallel.pipeline, microbatches, config.parallel.chunks};
  check_domain(row, request);
  if (row.searches) request.costs = stage_costs(config);
  return make_schedule(row, request);
}

Table compute_table(const Config& config) {
  const ParallelConfig& parallel = config.parallel;
  const auto wanted = static_cast<int>(microbatches(config));
  if (!is_file(parallel.schedule)) {
    Table table = made_table(config, wanted);
    if (table.kind != TableKind::kTrain) {
      throw UserError("parallel.schedule = \"" + parallel.schedule +
                      "\" is no training schedule; see triaxis schedule --list");
    }
    return table;
  }
  Table table = compute_only(read_csv(parallel.schedule));
  verify(table);
  if (table.kind != TableKind::kTrain)
    throw UserError(parallel.schedule + " is no training schedule: it has no backwards, or updates of its own");
  if (table.ranks != parallel.pipeline || table.stages != stages(config) || table.microbatches != wanted) {
    throw UserError(fmt::format(
        "{} has {} ranks, {} stages and {} microbatches, but parallel.pipeline is {}, pipeline x chunks {} and "
        "the microbatches of a step (batch.global / (batch.micro x parallel.data)) {}",
        parallel.schedule, table.ranks, table.stages, table.microbatches, parallel.pipeline, stages(config), wanted));
  }
  return table;
}

SavedLayout saved_layout(const Config& config, const RunPlan& plan) {
  SavedLayout layout{plan.grid, tensor_shards(config), {}};
  const TableIndex index(plan.train);
  for (std::size_t stage = 0; stage < plan.blocks.size(); ++stage) {
    layout.rank_of_block.insert(layout.rank_of_block.end(), plan.blocks[stage].size(),
                                index.rank_of(static_cast<int>(stage), 0));
  }
  return layout;
}

/// The most that a rank of each pipeline rank copies for a checkpoint.
void add_saved(RunPlan& plan) {
  std::vector<std::int64_t> saved(static_cast<std::size_t>(plan.grid.ranks()), 0);
  for (const OwnedSlice& slice : plan.saved) saved[static_cast<std::size_t>(slice.rank)] += slice.box.elements();
  for (int rank = 0; rank < plan.grid.ranks(); ++rank) {
    RankLoad& load = plan.loads[static_cast<std::size_t>(plan.grid.coordinates(rank).pipeline)];
    load.saved_elements = std::max(load.saved_elements, saved[static_cast<std::size_t>(rank)]);
  }
}

}  // namespace

RunPlan plan_run(const Config& config) {
  RunPlan plan;
  plan.grid = grid(config);
  plan.compute = compute_table(config);
  plan.train = lower(insert_reduce_grad(plan.compute));
  plan.forward = lower(forward_only(plan.compute));
  if (verify(plan.train, kMedia).replicas > 1) {
    throw UserError(plan.compute.name + " has a stage on several ranks; replicated stages are not trained yet");
  }
  verify(plan.forward, kMedia);
  plan.stages = cut(config);
  const std::vector<Block> all = blocks_of(config.model);
  for (const StageRange& range : plan.stages)
    plan.blocks.emplace_back(all.begin() + range.first, all.begin() + range.last);
  const TableIndex index(plan.train);
  plan.first_rank = index.rank_of(0, 0);
  plan.last_rank = index.rank_of(plan.train.stages - 1, 0);
  const std::array<Table, 2> tables = {plan.train, plan.forward};
  plan.loads = loads_of(config, plan.stages, tables);
  plan.saved = owned_slices(config.model, saved_layout(config, plan));
  add_saved(plan);
  return plan;
}

RankPlan plan_rank(const Config& config, const RunPlan& plan, int rank) {
  RankPlan mine;
  mine.at = plan.grid.coordinates(rank);
  const std::int64_t local = tensor_shards(config) / config.parallel.tensor;
  mine.slice = {tensor_shards(config), mine.at.tensor * local, local};
  mine.groups = data_groups(config) / config.parallel.data;
  mine.microbatches = microbatches(config);
  mine.train = compile(plan.train, mine.at.pipeline);
  mine.forward = compile(plan.forward, mine.at.pipeline);
  return mine;
}

MemoryBytes largest_memory(const Config& config, const RunPlan& plan) {
  MemoryBytes most;
  for (const RankLoad& load : plan.loads) {
    const MemoryBytes bytes = predict_memory(config.model, load);
    for (std::int64_t MemoryBytes::*category :
         {&MemoryBytes::parameters, &MemoryBytes::gradients, &MemoryBytes::optimizer, &MemoryBytes::activations,
          &MemoryBytes::communication, &MemoryBytes::workspace}) {
      most.*category = std::max(most.*category, bytes.*category);
    }
  }
  return most;
}

}  // namespace triaxis
