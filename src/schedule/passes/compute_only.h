#pragma once

#include "schedule/table.h"

namespace triaxis {

/// Drops all that a rank does beside computing: sends, receives, gathering, reducing. The reverse of lowering.
Table compute_only(Table table);

}  // namespace triaxis
