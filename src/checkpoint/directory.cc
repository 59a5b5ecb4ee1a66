#include "checkpoint/directory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/file_handle.h"
#include "checkpoint/index.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kUnfinished = ".tmp";

/// The step that a checkpoint's directory name says.
std::optional<std::int64_t> step_of(const std::string& name) {
  constexpr std::size_t kMostDigits = 15;
  if (!name.starts_with(kPrefix)) return {};
  const std::string digits = name.substr(kPrefix.size());
  const bool is_number = digits.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || digits.empty() || digits.size() > kMostDigits) return {};
  return std::stoll(digits);
}

bool has_index(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / kIndexName, ignored);
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  return entries;
}

}  // namespace

fs::path checkpoint_path(const fs::path& run, std::int64_t step) { return run / fmt::format("step-{:08}", step); }

fs::path unfinished_path(const fs::path& run, std::int64_t step) {
  return checkpoint_path(run, step) += std::string(kUnfinished);
}

std::vector<CheckpointPath> list_checkpoints(const fs::path& run) {
  std::vector<CheckpointPath> list;
  for (const fs::path& path : entries_of(run)) {
    const std::optional<std::int64_t> step = step_of(path.filename());
    if (step && has_index(path)) list.push_back({*step, path});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return list;
}

void refuse_damaged(const fs::path& run) {
  for (const fs::path& path : entries_of(run)) {
    if (!step_of(path.filename()) || has_index(path)) continue;
    throw UserError(fmt::format("{}: a checkpoint without its {}; remove it to begin anew", path.string(), kIndexName));
  }
}

fs::path find_checkpoint(const fs::path& path) {
  if (has_index(path)) return path;
  const std::vector<CheckpointPath> list = list_checkpoints(path);
  if (list.empty()) {
    throw UserError(fmt::format("{}: neither a checkpoint nor a run that has one (no {}, and no {}N with one)",
                                path.string(), kIndexName, kPrefix));
  }
  return list.back().path;
}

void remove_checkpoint(const fs::path& checkpoint) {
  fs::path doomed = checkpoint;
  doomed += fmt::format(".old{}", kUnfinished);
  remove_path(doomed);
  rename_path(checkpoint, doomed);
  remove_path(doomed);
}

void remove_leftovers(const fs::path& run) {
  for (const fs::path& path : entries_of(run)) {
    const std::string name = path.filename();
    const bool is_checkpoint = name.starts_with(kPrefix) && name.ends_with(kUnfinished);
    if (is_checkpoint || is_temporary_name(name)) remove_path(path);
  }
}

}  // namespace triaxis
