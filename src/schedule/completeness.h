#pragma once

#include "schedule/index.h"

namespace triaxis {

/// Throws UserError unless the table holds what its kind promises, each on the right rank and after what it waits for
/// in its own row: every stage's F of every microbatch, unless in a forward table its B or its I and W, sends and
/// receives for every tensor between ranks or none at all, REDUCE_GRAD for every stage or none at all. Whether the rows
/// fit together is not looked at. `stages_of` is stages_of_ranks(table).
void check_complete(const Table& table, const TableIndex& index, const std::vector<std::vector<int>>& stages_of);

}  // namespace triaxis
