#include "topology/list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <vector>

#include "topology/placement.h"

namespace triaxis {
namespace {

constexpr size_t kMostGroups = 32;   // listed of an axis
constexpr size_t kMostMembers = 16;  // listed of a group

bool consecutive(std::span<const int> numbers) {
  return std::ranges::adjacent_find(numbers, [](int a, int b) { return b != a + 1; }) == numbers.end();
}

// "0 4 8 12", shortened in the middle when there are many.
std::string list(std::span<const int> numbers) {
  if (numbers.size() <= kMostMembers) return fmt::format("{}", fmt::join(numbers, " "));
  return fmt::format("{} ... {}", fmt::join(numbers.first(kMostMembers - 2), " "), numbers.back());
}

// "0-3" where that says the same.
std::string list_or_range(std::span<const int> numbers) {
  const bool range = numbers.size() > 2 && consecutive(numbers);
  return range ? fmt::format("{}-{}", numbers.front(), numbers.back()) : list(numbers);
}

// "node 0, GPU 0-3" or "nodes 0 1, GPU 2" or, where neither holds, every member as node:device.
std::string places(std::span<const int> ranks, const Cluster& cluster) {
  std::vector<int> nodes;
  std::vector<int> devices;
  std::vector<std::string> all;
  for (int rank : ranks) {
    const Location at = location(cluster, rank);
    if (std::ranges::find(nodes, at.node) == nodes.end()) nodes.push_back(at.node);
    if (std::ranges::find(devices, at.device) == devices.end()) devices.push_back(at.device);
    all.push_back(fmt::format("{}:{}", at.node, at.device));
  }
  // With that many pairs, every device listed is there on every node listed.
  if (nodes.size() * devices.size() == ranks.size()) {
    return fmt::format("{} {}, {} {}", nodes.size() == 1 ? "node" : "nodes", list_or_range(nodes), cluster.device,
                       list_or_range(devices));
  }
  if (all.size() > kMostMembers) return fmt::format("{} nodes", nodes.size());
  return fmt::format("node:{} {}", cluster.device, fmt::join(all, " "));
}

std::string list_axis(const Grid& grid, const Cluster& cluster, Axis axis) {
  const std::vector<std::vector<int>> groups = grid.groups(axis);
  const size_t shown = std::min(groups.size(), kMostGroups);
  std::vector<std::string> ranks;
  std::vector<std::string> where;
  size_t ranks_width = 0;
  size_t where_width = 0;
  for (size_t group = 0; group < shown; ++group) {
    ranks.push_back(list(groups[group]));
    where.push_back(places(groups[group], cluster));
    ranks_width = std::max(ranks_width, ranks.back().size());
    where_width = std::max(where_width, where.back().size());
  }
  std::string out = fmt::format("{} ({}): {} {} of {} ranks\n", short_name(axis), long_name(axis), groups.size(),
                                groups.size() == 1 ? "group" : "groups", grid.degrees()[axis]);
  for (size_t group = 0; group < shown; ++group) {
    out += fmt::format("  {:>4}  ranks {:<{}}  {:<{}}  {}\n", fmt::format("#{}", group), ranks[group], ranks_width,
                       where[group], where_width, link_between(cluster, groups[group])->name);
  }
  if (shown < groups.size()) out += fmt::format("        and {} more (--json lists all)\n", groups.size() - shown);
  return out;
}

}  // namespace

std::string list_groups(const Grid& grid, const Cluster& cluster) {
  std::string out;
  for (Axis axis : grid.order()) {
    if (grid.degrees()[axis] == 1) continue;
    if (!out.empty()) out += "\n";
    out += list_axis(grid, cluster, axis);
  }
  return out;
}

std::string list_links(const Cluster& cluster) {
  size_t width = 0;
  for (const LinkLevel& level : cluster.levels) width = std::max(width, level.name.size());
  std::string out;
  for (const LinkLevel& level : cluster.levels) {
    if (level.devices == 1) continue;
    out += fmt::format("  {:<{}}  {:>5.4g} GB/s a {} each way, {:>3.3g} us, among {} devices\n", level.name, width,
                       level.bandwidth / 1e9, cluster.device, level.latency * 1e6, level.devices);
  }
  return out;
}

}  // namespace triaxis
