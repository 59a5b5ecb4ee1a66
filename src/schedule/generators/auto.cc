#include "schedule/generators/generators.h"
#include "schedule/search/search.h"

namespace triaxis {
namespace {

/// A table that is found, under the name of the schedule asked for.
void generate(const ScheduleRequest& request, Table& table) { table.rows = search_schedule(request).rows; }

ScheduleRequest zero_bubble(ScheduleRequest request, int stage_activations) {
  request.objective = Objective::kPeriod;
  request.memory_limit = stage_activations;
  return request;
}

}  // namespace

void generate_auto(const ScheduleRequest& request, Table& table) { generate(request, table); }

/// ZB-1p (Qi et al. 2023, arXiv:2401.10241, section 3): their automatic schedule at 1F1B's memory.
void generate_zb_1p(const ScheduleRequest& request, Table& table) {
  generate(zero_bubble(request, request.ranks), table);
}

/// ZB-2p (the same): at twice 1F1B's memory.
void generate_zb_2p(const ScheduleRequest& request, Table& table) {
  generate(zero_bubble(request, 2 * request.ranks), table);
}

}  // namespace triaxis
