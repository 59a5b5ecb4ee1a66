// What a step takes where no rank waits for the end of the one before.
#pragma once

#include <optional>

#include "schedule/costs.h"
#include "schedule/table.h"

namespace triaxis {

/// Of a train or forward table: what one step takes when step follows step and no rank waits for the others in between.
/// It is found once every rank (and its collectives, and channels that tensors occupy) moves on by the same time in
/// each step, or in each turn of a few steps, of which it is then the mean. RETURNS: nothing where that never comes, as
/// where a rank of less load runs ahead of those that wait for it.
///
/// Of an asynchronous table: the time between consecutive updates of one stage in its steady part, for which the middle
/// half of its updates is taken; if several follow each other at unlike times, the mean over a turn of them, and where
/// they do not repeat, over the whole part; of the slowest stage. RETURNS: nothing if a stage has fewer than 4 updates.
///
/// REQUIRES: a table that verify accepts. Throws UserError as time_table does.
std::optional<double> period_of(const Table& table, const Costs& costs);

/// The share of the table's work that falls into one period: all of it, or what a steady update of an asynchronous
/// table takes of the microbatches. REQUIRES: a table that verify accepts.
double share_of_period(const Table& table);

}  // namespace triaxis
