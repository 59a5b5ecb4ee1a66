// The placement drawn for a terminal.
#pragma once

#include <string>

#include "topology/cluster.h"
#include "topology/grid.h"

namespace triaxis {

enum class Glyphs : bool { kBoxes, kAscii };

/// A row of devices a node, each with its rank and coordinates. Neighbours along the fastest axis share a frame, and
/// what stands between frames and between nodes is the axis that changes there. REQUIRES: the grid fits the cluster.
std::string draw_placement(const Grid& grid, const Cluster& cluster, Glyphs glyphs = Glyphs::kBoxes);

}  // namespace triaxis
