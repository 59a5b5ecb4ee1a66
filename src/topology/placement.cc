#include "topology/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

// Degrees near the grid's that multiply to `devices`: what divides is kept, and the data axis takes the rest.
Grid nearest_fit(const Grid& grid, int devices) {
  Degrees degrees;
  for (Axis axis : kAxes) {
    degrees[axis] = axis == Axis::kData ? devices : std::gcd(grid.degrees()[axis], devices);
    devices /= degrees[axis];
  }
  return Grid(degrees);
}

}  // namespace

Location location(const Cluster& cluster, int rank) {
  check(rank >= 0 && rank < cluster.devices(), "rank outside the cluster");
  return {rank / cluster.devices_per_node(), rank % cluster.devices_per_node()};
}

const LinkLevel* link_between(const Cluster& cluster, std::span<const int> ranks) {
  if (ranks.size() < 2) return nullptr;
  auto [lowest, highest] = std::ranges::minmax(ranks);
  check(lowest >= 0 && highest < cluster.devices(), "rank outside the cluster");
  for (const LinkLevel& level : cluster.levels) {
    if (lowest / level.devices == highest / level.devices) return &level;
  }
  return &cluster.levels.back();
}

void check_fits(const Grid& grid, const Cluster& cluster) {
  if (grid.ranks() == cluster.devices()) return;
  throw UserError(fmt::format("cluster {} takes {} ranks, but {} makes {}; {} would fit", cluster.name,
                              cluster.devices(), describe(grid), grid.ranks(),
                              describe(nearest_fit(grid, cluster.devices()))));
}

}  // namespace triaxis
