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

std::vector<int> stages_of_rank(const Table& table, int rank) {
  std::vector<int> stages;
  for (const Action action : table.rows[static_cast<std::size_t>(rank)]) stages.push_back(action.stage);
  std::sort(stages.begin(), stages.end());
  stages.erase(std::unique(stages.begin(), stages.end()), stages.end());
  return stages;
}

UserError table_error(const Table& table, Place place, std::string_view reason) {
  const auto& row = table.rows[static_cast<std::size_t>(place.rank)];
  return UserError(fmt::format("schedule {}: rank {}, action {} ({}): {}", table.name, place.rank, place.position,
                               action_text(row[static_cast<std::size_t>(place.position)]), reason));
}

}  // namespace triaxis
