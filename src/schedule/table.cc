#include "schedule/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace triaxis {

std::string_view kind_text(TableKind kind) {
  switch (kind) {
    case TableKind::kTrain:
      return "train";
    case TableKind::kForward:
      return "forward";
    case TableKind::kAsynchronous:
      return "asynchronous";
  }
  return "";
}

std::string_view version_rule_text(VersionRule rule) {
  switch (rule) {
    case VersionRule::kStash:
      return "stash";
    case VersionRule::kVertical:
      return "vertical";
    case VersionRule::kDouble:
      return "double";
  }
  return "";
}

// In time and space of the row, not of the table's stages: a table may have tens of thousands of ranks.
std::vector<int> stages_of_rank(const Table& table, int rank) {
  std::vector<int> stages;
  for (const Action action : table.rows[static_cast<std::size_t>(rank)]) {
    const auto place = std::lower_bound(stages.begin(), stages.end(), action.stage);
    if (place == stages.end() || *place != action.stage) stages.insert(place, action.stage);
  }
  return stages;
}

std::vector<std::vector<int>> stages_of_ranks(const Table& table) {
  std::vector<std::vector<int>> stages(table.rows.size());
  std::vector<std::size_t> seen_by(static_cast<std::size_t>(table.stages), table.rows.size());
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    for (const Action action : table.rows[rank])
      if (std::exchange(seen_by[action.stage], rank) != rank) stages[rank].push_back(action.stage);
    std::sort(stages[rank].begin(), stages[rank].end());
  }
  return stages;
}

UserError table_error(const Table& table, Place place, std::string_view reason) {
  const auto& row = table.rows[static_cast<std::size_t>(place.rank)];
  return UserError(fmt::format("schedule {}: rank {}, action {} ({}): {}", table.name, place.rank, place.position,
                               action_text(row[static_cast<std::size_t>(place.position)]), reason));
}

}  // namespace triaxis
