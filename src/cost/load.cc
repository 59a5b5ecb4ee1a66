#include "cost/load.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "schedule/index.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

/// The most boundary tensors that the rank holds between two of its own stages.
std::int64_t local_peak(const Table& table, const TableIndex& index, int rank) {
  const auto is_here = [&](int stage, int microbatch) {
    return stage >= 0 && stage < table.stages && index.rank_of(stage, microbatch) == rank;
  };
  std::int64_t held = 0;
  std::int64_t peak = 0;
  for (const Action& action : table.rows[static_cast<std::size_t>(rank)]) {
    const bool forward = action.kind == ActionKind::kForward;
    if (!forward && action.kind != ActionKind::kBackward && action.kind != ActionKind::kBackwardInput) continue;
    const int step = forward ? 1 : -1;
    if (is_here(action.stage - step, action.microbatch)) --held;
    if (is_here(action.stage + step, action.microbatch)) peak = std::max(peak, ++held);
  }
  return peak;
}

/// The larger need of each stage.
void add_stages(const RankPeak& rank, std::span<const StageRange> stages, RankLoad& load) {
  load.stages.resize(rank.stages.size(), StageLoad{.blocks = {}, .saved_slots = 0});
  for (std::size_t s = 0; s < rank.stages.size(); ++s) {
    const StagePeak& peak = rank.stages[s];
    StageLoad& stage = load.stages[s];
    stage.blocks = stages[static_cast<std::size_t>(peak.stage)];
    stage.saved_slots = std::max<std::int64_t>(stage.saved_slots, peak.activations);
    stage.gradient_slots = std::max<std::int64_t>(stage.gradient_slots, peak.gradients);
  }
}

}  // namespace

std::vector<RankLoad> loads_of(const Config& config, std::span<const StageRange> stages,
                               std::span<const Table> tables) {
  RankLoad common;
  common.batch = config.batch.micro;
  common.tensor_shards = tensor_shards(config);
  common.tensor_ranks = config.parallel.tensor;
  common.data_groups = data_groups(config);
  common.data_ranks = config.parallel.data;
  std::vector<RankLoad> loads(static_cast<std::size_t>(config.parallel.pipeline), common);
  std::map<std::pair<int, int>, int> receives;  // by (source, destination), the most posted at once
  for (const Table& table : tables) {
    check(table.ranks == config.parallel.pipeline && table.stages == static_cast<int>(stages.size()),
          "a table fits the pipeline and the stages");
    const Verification proof = verify(table, {});
    const TableIndex index(table);
    for (std::size_t rank = 0; rank < loads.size(); ++rank) {
      add_stages(proof.ranks[rank], stages, loads[rank]);
      loads[rank].microbatches = std::max<std::int64_t>(loads[rank].microbatches, table.microbatches);
      loads[rank].local_buffers = std::max(loads[rank].local_buffers, local_peak(table, index, static_cast<int>(rank)));
    }
    for (const ChannelUse& channel : proof.channels) {
      int& most = receives[{channel.source, channel.destination}];
      most = std::max(most, channel.posted_receives);
    }
  }
  for (const auto& [ends, posted] : receives) {
    ++loads[static_cast<std::size_t>(ends.first)].send_channels;
    loads[static_cast<std::size_t>(ends.second)].receive_buffers += posted;
  }
  return loads;
}

}  // namespace triaxis
