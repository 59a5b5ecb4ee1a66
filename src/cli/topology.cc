#include "cli/topology.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "topology/cluster.h"
#include "topology/draw.h"
#include "topology/grid.h"
#include "topology/list.h"
#include "topology/placement.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string cluster;
  Degrees degrees;
  std::string order{kDefaultOrder};
  bool ascii = false;
  bool json = false;
};

Json json_of_cluster(const Cluster& cluster) {
  Json links = Json::array();
  for (const LinkLevel& level : cluster.levels) {
    links.push_back(
        {{"name", level.name}, {"devices", level.devices}, {"bandwidth", level.bandwidth}, {"latency", level.latency}});
  }
  return {{"name", cluster.name},
          {"device", cluster.device},
          {"nodes", cluster.nodes()},
          {"devices", cluster.devices()},
          {"links", links}};
}

Json json_of_ranks(const Grid& grid, const Cluster& cluster) {
  Json ranks = Json::array();
  for (int rank = 0; rank < grid.ranks(); ++rank) {
    const Location at = location(cluster, rank);
    const Coordinates coordinates = grid.coordinates(rank);
    Json entry = {{"rank", rank}, {"node", at.node}, {"device", at.device}};
    for (Axis axis : kAxes) entry[std::string(short_name(axis))] = coordinates[axis];
    ranks.push_back(std::move(entry));
  }
  return ranks;
}

// The groups of every axis of degree above 1, each with its ranks and link.
Json json_of_groups(const Grid& grid, const Cluster& cluster) {
  Json axes = Json::object();
  for (Axis axis : grid.order()) {
    if (grid.degrees()[axis] == 1) continue;
    Json& groups = axes[std::string(short_name(axis))] = Json::array();
    for (const std::vector<int>& group : grid.groups(axis)) {
      groups.push_back({{"ranks", group}, {"link", link_between(cluster, group)->name}});
    }
  }
  return axes;
}

void print_json(const Grid& grid, const Cluster& cluster, const std::string& order) {
  Json degrees;
  for (Axis axis : kAxes) degrees[std::string(short_name(axis))] = grid.degrees()[axis];
  const Json all = {{"cluster", json_of_cluster(cluster)},
                    {"degrees", degrees},
                    {"order", order},
                    {"ranks", json_of_ranks(grid, cluster)},
                    {"groups", json_of_groups(grid, cluster)}};
  fmt::print("{}\n", all.dump());
}

void print_text(const Grid& grid, const Cluster& cluster, const Options& options) {
  fmt::print("{}: {} {} of {} {}; {} in the order {}\n", cluster.name, cluster.nodes(),
             cluster.nodes() == 1 ? "node" : "nodes", cluster.devices_per_node(),
             cluster.devices_per_node() == 1 ? "device" : "devices", describe(grid), options.order);
  fmt::print("{}\n{}\n{}", list_links(cluster),
             draw_placement(grid, cluster, options.ascii ? Glyphs::kAscii : Glyphs::kBoxes),
             list_groups(grid, cluster));
}

void run(const Options& options) {
  const Grid grid(options.degrees, options.order);
  const Cluster cluster = load_cluster(options.cluster);
  check_fits(grid, cluster);
  if (options.json) {
    print_json(grid, cluster, options.order);
  } else {
    print_text(grid, cluster, options);
  }
}

}  // namespace

void add_topology(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("topology", "Draw which rank sits where, and which link each group crosses");
  command->add_option("--cluster", options->cluster, "nodes x devices, as in 2x8, or a cluster file")->required();
  command->add_option("--tp", options->degrees.tensor, "tensor-parallel degree")->capture_default_str();
  command->add_option("--cp", options->degrees.context, "context-parallel degree")->capture_default_str();
  command->add_option("--ep", options->degrees.expert, "expert-parallel degree")->capture_default_str();
  command->add_option("--pp", options->degrees.pipeline, "pipeline-parallel degree")->capture_default_str();
  command->add_option("--dp", options->degrees.data, "data-parallel degree")->capture_default_str();
  command->add_option("--order", options->order, "axes of ranks, fastest-varying first")->capture_default_str();
  command->add_flag("--ascii", options->ascii, "Draw with plain ASCII characters");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("Example:\n  triaxis topology --cluster 2x8 --tp 4 --pp 2 --dp 2");
  command->callback([options] { run(*options); });
}

}  // namespace triaxis
