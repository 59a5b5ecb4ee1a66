#include "schedule/table.h"

#include <fmt/format.h>

#include <algorithm>

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

UserError table_error(const Table& table, Place place, std::string_view reason) {
  const auto& row = table.rows[static_cast<std::size_t>(place.rank)];
  return UserError(fmt::format("schedule {}: rank {}, action {} ({}): {}", table.name, place.rank, place.position,
                               action_text(row[static_cast<std::size_t>(place.position)]), reason));
}

}  // namespace triaxis
