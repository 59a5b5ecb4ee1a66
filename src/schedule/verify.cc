#include "schedule/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "schedule/completeness.h"
#include "schedule/deadlock.h"
#include "schedule/peaks.h"
#include "schedule/versions.h"
#include "schedule/walk.h"

namespace triaxis {
namespace {

/// Whether every stage has one rank, and that runs its W or B in ascending order.
bool has_ordered_weights(const Table& table) {
  struct Last {
    std::size_t rank = 0;
    int microbatch = -1;
  };
  std::vector<Last> lasts(static_cast<std::size_t>(table.stages));
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    for (const Action action : table.rows[rank]) {
      if (!is_weight(action.kind)) continue;
      Last& last = lasts[action.stage];
      if (last.microbatch >= 0 && (last.rank != rank || last.microbatch > action.microbatch)) return false;
      last = {rank, action.microbatch};
    }
  }
  return true;
}

int replicas_of(const Table& table, const std::vector<std::vector<int>>& stages_of) {
  std::vector<int> holders(static_cast<std::size_t>(table.stages));
  for (const auto& stages : stages_of)
    for (const int stage : stages) ++holders[static_cast<std::size_t>(stage)];
  return *std::max_element(holders.begin(), holders.end());
}

bool has_reductions(const Table& table) {
  for (const auto& row : table.rows)
    for (const Action action : row)
      if (action.kind == ActionKind::kReduceGrad) return true;  // check_complete: then every stage has one
  return false;
}

void check_order(const Table& table, const TableIndex& index) {
  const auto stuck = walk(table, index, [](const Cell&, const Waits&) {});
  if (!stuck) return;
  const Place wanted = stuck->wait.place;
  throw table_error(table, stuck->place,
                    fmt::format("never starts: it waits for {} (rank {}, action {}), and the rows wait for each other",
                                action_text(stuck->wait.action), wanted.rank, wanted.position));
}

}  // namespace

std::string_view channel_model_text(ChannelModel model) {
  switch (model) {
    case ChannelModel::kPerDirection:
      return "per_direction";
    case ChannelModel::kPerPair:
      return "per_pair";
    case ChannelModel::kPerRank:
      return "per_rank";
  }
  return "";
}

Verification verify(const Table& table, std::span<const ChannelModel> models) {
  const TableIndex index(table);
  const auto stages_of = stages_of_ranks(table);
  check_complete(table, index, stages_of);
  check_order(table, index);
  Verification result;
  result.lowered = index.lowered();
  if (result.lowered) {
    const Channels channels = pair_messages(table, index);
    for (const ChannelModel model : models) check_deadlock(table, channels, model);
    result.channels = channel_uses(table, channels);
  }
  result.ranks = peaks_of_ranks(table, stages_of);
  const auto versions = table.kind == TableKind::kAsynchronous ? check_versions(table, index)
                                                               : std::vector<RankVersions>(table.rows.size());
  for (const auto& [held, staleness] : versions) {
    result.weight_versions.push_back(held);
    result.staleness.push_back(staleness);
  }
  result.replicas = replicas_of(table, stages_of);
  result.reduces_gradients = has_reductions(table);
  result.ordered_weights = has_ordered_weights(table);
  return result;
}

}  // namespace triaxis
