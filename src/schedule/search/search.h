// Searches for a schedule under given costs, with a limit on what ranks hold.
#pragma once

#include "schedule/registry.h"

namespace triaxis {

/// A table, named by nobody, that is at least as good, by the request's objective, as every synchronous one of the
/// registry with as many stages a rank, one copy of the weights and within the limit. The same request gives the same
/// table on every machine: what a search spends is counted, never timed. REQUIRES: a memory limit of at least
/// stages_per_rank. Throws UserError for costs that time_table refuses, too.
Table search_schedule(const ScheduleRequest& request);

}  // namespace triaxis
