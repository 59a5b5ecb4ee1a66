#include "schedule/index.h"

#include <fmt/format.h>

#include <algorithm>

namespace triaxis {
namespace {

/// Tables are read from files: what the sizes promise must be there before memory is taken for it.
void check_sizes(const Table& table) {
  if (table.ranks < 1 || table.stages < 1 || table.microbatches < 1) {
    throw UserError(fmt::format("schedule {}: has {} ranks, {} stages and {} microbatches; each must be at least 1",
                                table.name, table.ranks, table.stages, table.microbatches));
  }
  if (table.rows.size() != static_cast<std::size_t>(table.ranks)) {
    throw UserError(fmt::format("schedule {}: has {} rows for {} ranks; each rank needs one", table.name,
                                table.rows.size(), table.ranks));
  }
  std::size_t actions = 0;
  for (const auto& row : table.rows) actions += row.size();
  const std::size_t forwards = static_cast<std::size_t>(table.stages) * static_cast<std::size_t>(table.microbatches);
  if (actions < forwards) {
    throw UserError(fmt::format("schedule {}: {} stages and {} microbatches need at least {} actions, there are {}",
                                table.name, table.stages, table.microbatches, forwards, actions));
  }
}

}  // namespace

TableIndex::TableIndex(const Table& table) : stages_(table.stages), microbatches_(table.microbatches) {
  check_sizes(table);
  last_weights_.resize(static_cast<std::size_t>(stages_));
  for (int rank = 0; rank < table.ranks; ++rank) {
    const int count = static_cast<int>(table.rows[static_cast<std::size_t>(rank)].size());
    for (int position = 0; position < count; ++position) add(table, {rank, position});
  }
}

void TableIndex::add(const Table& table, Place place) {
  const Action action = table.rows[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)];
  if (action.stage >= stages_)
    throw table_error(table, place, fmt::format("the table's stages go from 0 to {}", stages_ - 1));
  if (action.kind == ActionKind::kUpdate) return;
  if (!has_microbatch(action.kind)) return;
  if (action.microbatch < 0 || action.microbatch >= microbatches_)
    throw table_error(table, place, fmt::format("the table's microbatches go from 0 to {}", microbatches_ - 1));
  auto& places = places_[static_cast<std::size_t>(action.kind)];
  if (places.empty()) places.resize(static_cast<std::size_t>(stages_) * static_cast<std::size_t>(microbatches_));
  Place& entry = places[slot(action.stage, action.microbatch)];
  if (entry.found()) {
    throw table_error(table, place,
                      fmt::format("stands twice, before at rank {}, action {}", entry.rank, entry.position));
  }
  entry = place;
  lowered_ = lowered_ || is_message(action.kind);
  if (!is_weight(action.kind)) return;
  auto& lasts = last_weights_[action.stage];
  if (lasts.empty() || lasts.back().second.rank != place.rank) lasts.emplace_back();
  lasts.back() = {action, place};
}

int TableIndex::peer_of(Action message) const {
  const bool next = message.kind == ActionKind::kSendForward || message.kind == ActionKind::kRecvBackward;
  const int stage = message.stage + (next ? 1 : -1);
  return stage < 0 || stage >= stages_ ? -1 : rank_of(stage, message.microbatch);
}

std::pair<Action, Place> TableIndex::last_weight(int rank, int stage) const {
  const auto& lasts = last_weights_[static_cast<std::size_t>(stage)];
  const auto last = std::lower_bound(lasts.begin(), lasts.end(), rank,
                                     [](const auto& entry, int r) { return entry.second.rank < r; });
  return last != lasts.end() && last->second.rank == rank ? *last : std::pair<Action, Place>{};
}

}  // namespace triaxis
