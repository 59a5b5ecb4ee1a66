// The schedules of the registry that a search has to equal at least.
#pragma once

#include <vector>

#include "schedule/registry.h"

namespace triaxis {

/// The tables of all synchronous schedules that have as many stages a rank, one copy of the weights and no search,
/// whatever they hold; in the registry's order.
std::vector<Table> handmade_tables(const ScheduleRequest& request);

/// Whether no rank holds more activations than the request lets it.
bool within_limit(const Table& table, const ScheduleRequest& request);

/// What the request's objective makes small; infinite where a table has no period.
double objective_of(const Table& table, const ScheduleRequest& request);

}  // namespace triaxis
