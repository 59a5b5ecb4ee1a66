#include "schedule/table.h"

#include <fmt/format.h>

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

std::vector<int> stages_of_rank(const Table& table, int rank) {
  std::vector<bool> seen(static_cast<std::size_t>(table.stages));
  for (const Action action : table.rows[static_cast<std::size_t>(rank)]) seen[action.stage] = true;
  std::vector<int> stages;
  for (int stage = 0; stage < table.stages; ++stage)
    if (seen[static_cast<std::size_t>(stage)]) stages.push_back(stage);
  return stages;
}

UserError table_error(const Table& table, Place place, std::string_view reason) {
  const auto& row = table.rows[static_cast<std::size_t>(place.rank)];
  return UserError(fmt::format("schedule {}: rank {}, action {} ({}): {}", table.name, place.rank, place.position,
                               action_text(row[static_cast<std::size_t>(place.position)]), reason));
}

}  // namespace triaxis
