#include "cli/run_directory.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/file_handle.h"
#include "checkpoint/directory.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

fs::path mark_of(const Config& config) { return fs::path(config.checkpoint.dir) / "run.toml"; }

void make_directories(const Config& config) {
  make_writable_directory(config.checkpoint.dir, "checkpoint.dir");
  const fs::path metrics = config.log.metrics;
  if (metrics.has_parent_path()) make_writable_directory(metrics.parent_path(), "log.metrics");
}

/// The step of a line of metrics; none if it is not whole.
std::optional<std::int64_t> step_of(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer()) return {};
  return json["step"].get<std::int64_t>();
}

void cut_metrics(const fs::path& metrics, std::int64_t step) {
  std::error_code ignored;
  if (!fs::is_regular_file(metrics, ignored)) return;
  std::istringstream lines(read_file(metrics));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const std::optional<std::int64_t> at = step_of(line);
    if (at && *at <= step) kept += line + "\n";
  }
  write_file_atomically(metrics, kept);
}

}  // namespace

RunLock hold_run_directory(const Config& config) {
  make_directories(config);
  return RunLock(config.checkpoint.dir);
}

void claim_run_directory(const Config& config, bool overwrite) {
  const fs::path directory = config.checkpoint.dir;
  const std::vector<CheckpointPath> checkpoints = list_checkpoints(directory);
  std::error_code ignored;
  if (!overwrite && (fs::exists(mark_of(config), ignored) || !checkpoints.empty())) {
    throw UserError("checkpoint.dir = \"" + config.checkpoint.dir +
                    "\" holds a run already; --resume goes on with it, --overwrite starts anew, or choose another "
                    "directory");
  }
  for (const CheckpointPath& checkpoint : checkpoints) remove_checkpoint(checkpoint.path);
  remove_leftovers(directory);
  if (fs::is_regular_file(config.log.metrics, ignored)) fs::remove(config.log.metrics, ignored);
  write_file_atomically(mark_of(config), to_toml(config));
}

void resume_run_directory(const Config& config, std::int64_t step) {
  remove_leftovers(config.checkpoint.dir);
  cut_metrics(config.log.metrics, step);
  write_file_atomically(mark_of(config), to_toml(config));
}

std::string last_metrics_line(const fs::path& metrics) {
  std::error_code ignored;
  std::string last = "{}";
  if (!fs::is_regular_file(metrics, ignored)) return last;
  std::istringstream lines(read_file(metrics));
  for (std::string line; std::getline(lines, line);) last = line;
  return last;
}

}  // namespace triaxis
