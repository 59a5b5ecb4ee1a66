// Schedules as a trace that chrome://tracing and Perfetto open.
#pragma once

#include <string>

#include "schedule/table.h"
#include "schedule/timing.h"

namespace triaxis {

/// The timeline in Chrome's trace event format: a process a rank, a complete event an action (category: its kind), a
/// counter of the activations that the rank holds. The unit of the costs becomes a microsecond. Of two overlapped
/// actions the second stands inside the first. REQUIRES: a table that verify accepts, and its timeline.
std::string chrome_trace(const Table& table, const Timeline& timeline);

}  // namespace triaxis
