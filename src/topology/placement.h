// The placement of ranks on devices: rank r sits on device r, counted node by node, so the grid's order decides who is
// near.
#pragma once

#include <span>

#include "topology/cluster.h"
#include "topology/grid.h"

namespace triaxis {

/// Where a rank sits: a node, and the device inside it.
struct Location {
  int node = 0;
  int device = 0;
  bool operator==(const Location&) const = default;
};

/// REQUIRES: 0 <= rank < cluster.devices().
Location location(const Cluster& cluster, int rank);

/// RETURNS: the slowest link that these ranks have to cross to meet, or nullptr if they are a single one.
/// VALID UNTIL: `cluster` changes.
const LinkLevel* link_between(const Cluster& cluster, std::span<const int> ranks);

/// Throws UserError, naming degrees that would fit, unless the grid has a rank for every device.
void check_fits(const Grid& grid, const Cluster& cluster);

}  // namespace triaxis
