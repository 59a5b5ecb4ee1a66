// All schedules on one page, to try sizes and costs.
#pragma once

#include <span>
#include <string>

#include "schedule/registry.h"

namespace triaxis {

/// One HTML page that needs no other file and no network. It holds the verified tables of the schedules over a grid of
/// sizes; the person chooses sizes, and costs of any value, and the page times the tables, draws the chosen ones above
/// each other, and shows bubble and memory of all. Schedules that search are those found for F = I = W and send 0.
std::string explorer_page(std::span<const ScheduleRow> rows = schedules());

}  // namespace triaxis
