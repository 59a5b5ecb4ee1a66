#pragma once

#include "schedule/table.h"

namespace triaxis {

/// The F actions of a train table in their order, as a table of kind kForward: validation and generation under any
/// schedule, with every stage where training has it. REQUIRES: a compute-only train table.
Table forward_only(const Table& table);

}  // namespace triaxis
