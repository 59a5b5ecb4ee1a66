#include "schedule/search/handmade.h"

#include <limits>

#include "schedule/peaks.h"
#include "schedule/period.h"
#include "schedule/timing.h"

namespace triaxis {

std::vector<Table> handmade_tables(const ScheduleRequest& request) {
  std::vector<Table> tables;
  ScheduleRequest plain{request.ranks, request.microbatches, request.stages_per_rank};
  for (const ScheduleRow& row : schedules()) {
    if (row.kind != TableKind::kTrain || row.replicas != 1 || row.searches) continue;
    if (!row.many_stages_per_rank && row.default_stages_per_rank != request.stages_per_rank) continue;
    if (row.outside != nullptr && !row.outside(plain).empty()) continue;
    tables.push_back(make_schedule(row, plain));
  }
  return tables;
}

bool within_limit(const Table& table, const ScheduleRequest& request) {
  for (const RankPeak& peak : peaks_of_ranks(table, stages_of_ranks(table)))
    if (peak.activations > request.memory_limit) return false;
  return true;
}

double objective_of(const Table& table, const ScheduleRequest& request) {
  if (request.objective == Objective::kMakespan) return time_table(table, request.costs).makespan;
  return period_of(table, request.costs).value_or(std::numeric_limits<double>::infinity());
}

}  // namespace triaxis
