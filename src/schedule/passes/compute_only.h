#pragma once

#include "schedule/table.h"

namespace triaxis {

/// Drops all that a rank does beside computing and updating: sends, receives, gathering, reducing, moving activations.
/// The reverse of lowering.
Table compute_only(Table table);

}  // namespace triaxis
