#pragma once

#include "schedule/table.h"

namespace triaxis {

/// Adds one REDUCE_GRAD per stage at the end of each rank's row, in the order in which the rank's stages finish.
/// REQUIRES: a train table without REDUCE_GRAD.
Table insert_reduce_grad(Table table);

}  // namespace triaxis
