// The cluster: how many devices there are, and the levels of links between them, innermost first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// One level of the hierarchy, such as NVLink inside a node. Any two devices of one unit reach each other over it.
struct LinkLevel {
  std::string name;
  int devices = 1;       ///< in one unit of this level; a multiple of the level below
  double bandwidth = 0;  ///< bytes a second that a device sends, and as many that it receives at the same time
  double latency = 0;    ///< seconds from a message's first byte leaving to its arriving
};

/// A cluster of like devices. The innermost level's unit is a node, the outermost spans all devices.
struct Cluster {
  std::string name;
  std::string device;
  std::vector<LinkLevel> levels;

  int devices() const { return levels.back().devices; }
  int devices_per_node() const { return levels.front().devices; }
  int nodes() const { return devices() / devices_per_node(); }
};

/// Nodes with NVLink of the fourth generation inside (900 GB/s a device, both directions together) and InfiniBand
/// NDR400 across (100 GB/s a device, both directions together). One node has no level across, and `1x1` one device.
Cluster default_cluster(int nodes, int devices_per_node);

/// Reads `text`, a cluster file as docs/formats/cluster.md describes it; `name` stands for it in messages.
Cluster parse_cluster(std::string_view text, std::string_view name);

/// Reads the short form `2x8` (two nodes of eight devices: `default_cluster`) or the path of a cluster file.
/// Throws UserError, one line, if it is neither or the file is wrong.
Cluster load_cluster(std::string_view cluster);

}  // namespace triaxis
