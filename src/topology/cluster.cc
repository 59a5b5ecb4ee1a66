#include "topology/cluster.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/toml.h"

namespace triaxis {
namespace {

constexpr int kMostDevices = 1 << 24;

// Bandwidths are half the datasheets' totals of both directions; latencies are typical of what NCCL sees.
constexpr double kNvlinkBandwidth = 450e9;
constexpr double kNvlinkLatency = 1.5e-6;
constexpr double kInfinibandBandwidth = 50e9;
constexpr double kInfinibandLatency = 5e-6;

std::optional<int> parse_count(std::string_view text) {
  int count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 1 || count > kMostDevices) return {};
  return count;
}

// "2x8" as a cluster, or nothing if `text` has another form.
std::optional<Cluster> parse_short_form(std::string_view text) {
  size_t x = text.find('x');
  if (x == std::string_view::npos) return {};
  std::optional<int> nodes = parse_count(text.substr(0, x));
  std::optional<int> devices = parse_count(text.substr(x + 1));
  if (!nodes || !devices || *nodes > kMostDevices / *devices) return {};
  return default_cluster(*nodes, *devices);
}

void refuse_unknown_keys(const toml::table& table, std::span<const std::string> known) {
  for (const auto& [key, value] : table) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    std::string near = nearest(key.str(), known);
    throw UserError(fmt::format(
        "{}: unknown key {}; {}", place(value), toml_string(key.str()),
        near.empty() ? fmt::format("valid are {}", fmt::join(known, ", ")) : fmt::format("did you mean {}?", near)));
  }
}

std::string read_name(const toml::table& table, std::string_view key, const std::string& where) {
  std::optional<std::string> name = table[key].value<std::string>();
  if (!name || name->empty()) throw UserError(fmt::format("{}: {} is needed, a text in quotes", where, key));
  return *name;
}

double read_positive(const toml::table& table, std::string_view key, std::string_view meaning) {
  std::optional<double> value = table[key].value<double>();
  // Written so that a NaN fails too.
  if (!value || !(*value > 0 && *value < 1e18)) {
    throw UserError(fmt::format("{}: a [[link]] needs {}, a positive number of {}", place(table), key, meaning));
  }
  return *value;
}

LinkLevel read_level(const toml::node& node, int devices_below) {
  const toml::table* table = node.as_table();
  if (table == nullptr) throw UserError(fmt::format("{}: link has to be written as tables, [[link]]", place(node)));
  static const std::array<std::string, 4> keys = {"name", "devices", "bandwidth", "latency"};
  refuse_unknown_keys(*table, keys);
  LinkLevel level;
  level.name = read_name(*table, "name", place(node) + ": a [[link]]");
  int64_t devices = (*table)["devices"].value_exact<int64_t>().value_or(0);
  if (devices < 1 || devices > kMostDevices || devices % devices_below != 0) {
    throw UserError(fmt::format("{}: a [[link]] needs devices, the whole number of devices in one of its units, {}",
                                place(node),
                                devices_below == 1 ? fmt::format("1 to {}", kMostDevices)
                                                   : fmt::format("a multiple of the level below's {}", devices_below)));
  }
  level.devices = static_cast<int>(devices);
  level.bandwidth = read_positive(*table, "bandwidth", "bytes a second in each direction");
  level.latency = read_positive(*table, "latency", "seconds");
  return level;
}

}  // namespace

Cluster default_cluster(int nodes, int devices_per_node) {
  Cluster cluster{.name = fmt::format("{}x{}", nodes, devices_per_node), .device = "GPU", .levels = {}};
  cluster.levels.push_back({"NVLink", devices_per_node, kNvlinkBandwidth, kNvlinkLatency});
  if (nodes > 1) {
    cluster.levels.push_back({"InfiniBand", nodes * devices_per_node, kInfinibandBandwidth, kInfinibandLatency});
  }
  return cluster;
}

Cluster parse_cluster(std::string_view text, std::string_view name) {
  toml::table table = parse_toml(text, name);
  static const std::array<std::string, 3> keys = {"name", "device", "link"};
  refuse_unknown_keys(table, keys);
  Cluster cluster;
  cluster.name = read_name(table, "name", std::string(name));
  cluster.device = read_name(table, "device", std::string(name));
  const toml::array* links = table["link"].as_array();
  if (links == nullptr || links->empty()) {
    throw UserError(fmt::format("{}: needs a [[link]] for every level of links, innermost first", name));
  }
  int below = 1;
  for (const toml::node& link : *links) {
    cluster.levels.push_back(read_level(link, below));
    below = cluster.levels.back().devices;
  }
  return cluster;
}

Cluster load_cluster(std::string_view cluster) {
  if (std::optional<Cluster> found = parse_short_form(cluster)) return *found;
  std::filesystem::path path(cluster);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw UserError(
        fmt::format("cluster {}: neither nodes x devices, as in 2x8, nor a cluster file", toml_string(cluster)));
  }
  return parse_cluster(read_file(path), cluster);
}

}  // namespace triaxis
