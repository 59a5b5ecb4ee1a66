// The versions of the weights in an asynchronous table.
#pragma once

#include <vector>

#include "schedule/index.h"

namespace triaxis {

/// What a rank of an asynchronous table keeps for its stages' updates.
struct RankVersions {
  int held = 1;       // the most versions of one stage's weights at once
  int staleness = 0;  // the most updates between the version a gradient is computed with and the one it is added to
};

/// Proves that every stage makes the same updates, numbered in the order of its row, each of the same microbatches, and
/// that the version which Table::version_rule gives a forward exists when it runs. RETURNS: for each rank what follows.
///
/// A version is held from the OPT that makes it (0: from the start) until it is neither the newest nor taken by an
/// action that is still to come in the row. REQUIRES: an asynchronous table for which check_complete passed. Throws
/// UserError naming rank, position, action and reason.
std::vector<RankVersions> check_versions(const Table& table, const TableIndex& index);

}  // namespace triaxis
