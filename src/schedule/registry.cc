#include "schedule/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace triaxis {
namespace {

void require_at_least_one(int value, std::string_view what) {
  if (value < 1) throw UserError(fmt::format("a schedule cannot have {} {}; at least 1 is needed", value, what));
}

void require_stages_per_rank(const ScheduleRow& row, const ScheduleRequest& request) {
  const int stages = request.stages_per_rank;
  const int only = row.default_stages_per_rank;
  if (row.many_stages_per_rank || stages == only) return;
  std::vector<std::string_view> others;
  for (const auto& other : schedules()) {
    if (!other.many_stages_per_rank && other.default_stages_per_rank != stages) continue;
    if (other.outside == nullptr || other.outside(request).empty()) others.push_back(other.name);
  }
  throw UserError(fmt::format("schedule {} has {} stage{} a rank, not {}; these can have {}: {}", row.name, only,
                              only == 1 ? "" : "s", stages, stages, fmt::join(others, ", ")));
}

/// Keeps the number of actions within what 32-bit positions and a machine's memory hold.
void require_size(const ScheduleRequest& request) {
  constexpr double kMostActions = 1 << 28;
  const double stages = double{1} * request.ranks * request.stages_per_rank;
  if (stages > kMaxStages)
    throw UserError(fmt::format("{} ranks of {} stages: a table has at most {} stages", request.ranks,
                                request.stages_per_rank, kMaxStages));
  if (2 * stages * request.microbatches > kMostActions)
    throw UserError(fmt::format("{} stages and {} microbatches: stages times microbatches may be at most {}", stages,
                                request.microbatches, kMostActions / 2));
}

}  // namespace

const ScheduleRow& find_schedule(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& row : schedules()) {
    if (row.name == name) return row;
    names.emplace_back(row.name);
  }
  const std::string near = nearest(name, names);
  throw UserError(fmt::format("no schedule is called '{}'{}; there are {}", name,
                              near.empty() ? "" : fmt::format(": did you mean '{}'?", near), fmt::join(names, ", ")));
}

void check_domain(const ScheduleRow& row, const ScheduleRequest& request) {
  require_at_least_one(request.ranks, "ranks");
  require_at_least_one(request.microbatches, "microbatches");
  require_at_least_one(request.stages_per_rank, "stages per rank");
  require_stages_per_rank(row, request);
  require_size(request);
  if (request.update_every < 0)
    throw UserError(fmt::format("an update cannot take {} microbatches; at least 1 is needed", request.update_every));
  if (row.kind != TableKind::kAsynchronous && (request.update_every > 0 || request.version_rule)) {
    throw UserError(
        fmt::format("schedule {} updates once, at the end of its step; only asynchronous schedules have "
                    "microbatches an update and a rule of versions",
                    row.name));
  }
  if (row.outside == nullptr) return;
  const std::string valid = row.outside(request);
  if (!valid.empty()) throw UserError(fmt::format("schedule {}: {}", row.name, valid));
}

Table make_schedule(const ScheduleRow& row, const ScheduleRequest& request) {
  check_domain(row, request);
  Table table;
  table.name = row.name;
  table.kind = row.kind;
  table.ranks = request.ranks;
  table.stages = request.ranks * request.stages_per_rank / row.replicas;
  table.microbatches = request.microbatches;
  table.rows.resize(static_cast<std::size_t>(request.ranks));
  row.generate(request, table);
  return table;
}

Table make_schedule(std::string_view name, const ScheduleRequest& request) {
  return make_schedule(find_schedule(name), request);
}

}  // namespace triaxis
