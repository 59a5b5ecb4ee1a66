// The groups of a grid and the links of a cluster as lines of text.
#pragma once

#include <string>

#include "topology/cluster.h"
#include "topology/grid.h"

namespace triaxis {

/// The groups of every axis of degree above 1: their ranks, where those sit, and the slowest link between them. Long
/// lists are shortened. REQUIRES: the grid fits the cluster.
std::string list_groups(const Grid& grid, const Cluster& cluster);

/// The levels of links between devices, a line each.
std::string list_links(const Cluster& cluster);

}  // namespace triaxis
