#include "train/memory_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) { return fs::exists(path) ? read_file(path) : std::string(); }

/// A control group's tree of one version.
struct Hierarchy {
  std::string type;        ///< as mountinfo calls it
  std::string controller;  ///< that its mount has among its options; empty: any
  std::string file;        ///< that holds a group's limit
};

/// The part of a mount's tree that is seen at a directory.
struct Mount {
  fs::path root;
  fs::path point;
};

/// Lines of mountinfo (proc(5)): id, parent, device, root, mount point, options, optional fields, "-", type, source,
/// the filesystem's options.
std::optional<Mount> find_mount(const std::string& mountinfo, const Hierarchy& hierarchy) {
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream before(line);
    std::string id, parent, device, root, point;
    before >> id >> parent >> device >> root >> point;
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream after(line.substr(dash + 3));
    std::string type, source, options;
    after >> type >> source >> options;
    const bool has_controller = ("," + options + ",").find("," + hierarchy.controller + ",") != std::string::npos;
    if (type == hierarchy.type && (hierarchy.controller.empty() || has_controller)) return Mount{root, point};
  }
  return std::nullopt;
}

/// This process's group: lines of /proc/self/cgroup are "id:controllers:path", with no controllers in version 2.
std::optional<fs::path> find_group(const std::string& groups, const Hierarchy& hierarchy) {
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool found = ("," + controllers + ",").find("," + hierarchy.controller + ",") != std::string::npos;
    if (hierarchy.controller.empty() ? controllers.empty() : found) return fs::path(line.substr(second + 1));
  }
  return std::nullopt;
}

/// RETURNS: the number in a limit's file; none if the file is missing or says "max".
std::optional<std::int64_t> limit_in(const fs::path& file) {
  std::istringstream text(content_of(file));
  std::int64_t limit = 0;
  return text >> limit ? std::optional(limit) : std::nullopt;
}

std::int64_t group_limit(const fs::path& root, const Hierarchy& hierarchy) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  const std::optional<Mount> mount = find_mount(content_of(root / "proc/self/mountinfo"), hierarchy);
  const std::optional<fs::path> group = find_group(content_of(root / "proc/self/cgroup"), hierarchy);
  if (!mount || !group) return least;
  // In a container the mount may show the group itself as its root, or not the group at all: then what is at the mount
  // point binds us.
  fs::path below = group->lexically_relative(mount->root);
  if (below.empty() || *below.begin() == "..") below = ".";
  const fs::path top = root / mount->point.relative_path();
  for (fs::path at = (top / below).lexically_normal();; at = at.parent_path()) {
    if (const auto limit = limit_in(at / hierarchy.file)) least = std::min(least, *limit);
    if (at.string().size() <= top.string().size()) return least;
  }
}

std::int64_t machine_memory(const fs::path& root) {
  std::istringstream lines(content_of(root / "proc/meminfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t kib = 0;
    if (fields >> name >> kib && name == "MemTotal:") return kib * 1024;
  }
  return std::numeric_limits<std::int64_t>::max();
}

/// What most of the bytes are for, and the settings that it grows with.
std::string_view dearest_part(std::span<const MemoryBytes> ranks) {
  std::int64_t states = 0;
  std::int64_t saved = 0;
  std::int64_t passing = 0;
  for (const MemoryBytes& bytes : ranks) {
    states += bytes.parameters + bytes.gradients + bytes.optimizer;
    saved += bytes.activations;
    passing += bytes.communication + bytes.workspace;
  }
  if (states >= std::max(saved, passing)) {
    return "weights, gradients and optimizer state, which a smaller parallel.data, a smaller model or more hosts "
           "lessen";
  }
  if (saved >= passing) {
    return "saved activations, which a smaller batch.micro, a larger parallel.pipeline or the 1f1b schedule lessen";
  }
  return "workspace and messages, which a smaller batch.micro or fewer ranks on this host lessen";
}

}  // namespace

std::int64_t memory_limit(const fs::path& root) {
  const Hierarchy version1{"cgroup", "memory", "memory.limit_in_bytes"};
  const Hierarchy version2{"cgroup2", "", "memory.max"};
  return std::min({machine_memory(root), group_limit(root, version1), group_limit(root, version2)});
}

void check_memory(std::span<const MemoryBytes> ranks, std::int64_t limit) {
  std::int64_t sum = 0;
  std::int64_t most = 0;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const MemoryBytes& bytes : ranks) {
    sum += bytes.total();
    most = std::max(most, bytes.total());
    least = std::min(least, bytes.total());
  }
  if (sum <= limit) return;
  const auto bytes = [](std::int64_t count) { return format_bytes(static_cast<double>(count)); };
  throw UserError(fmt::format(
      "this layout needs {} on this host ({} {} {}{}) but it has {}; most is {}; --force starts all the same",
      bytes(sum), ranks.size(), ranks.size() == 1 ? "rank" : "ranks", most == least ? "x " : "of up to ", bytes(most),
      bytes(limit), dearest_part(ranks)));
}

}  // namespace triaxis
