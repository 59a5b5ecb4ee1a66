#include "base/new_directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_handle.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

/// Without "." and "..", and without a slash at the end.
fs::path clean(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

fs::path beside(const fs::path& path, std::string_view what) {
  return path.string() + fmt::format(".{}{}.tmp", what, getpid());
}

bool holds_something(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) return false;
  return !fs::is_directory(path, ignored) || !fs::is_empty(path, ignored);
}

}  // namespace

NewDirectory::NewDirectory(const fs::path& path, bool overwrite)
    : final_(clean(path)), temporary_(beside(final_, "new")) {
  if (!overwrite && holds_something(final_))
    throw UserError(fmt::format("{} is there already; --overwrite replaces it, or choose another name", path.string()));
  std::error_code error;
  fs::remove_all(temporary_, error);
  fs::create_directories(temporary_, error);
  if (error) throw UserError(fmt::format("cannot write {}: {}", path.string(), error.message()));
}

NewDirectory::~NewDirectory() {
  std::error_code ignored;
  if (!finished_) fs::remove_all(temporary_, ignored);
}

void NewDirectory::finish() {
  for (const auto& entry : fs::recursive_directory_iterator(temporary_))
    if (entry.is_directory()) flush_directory(entry.path());
  flush_directory(temporary_);
  const fs::path old = beside(final_, "old");
  std::error_code ignored;
  const bool replaces = fs::exists(fs::symlink_status(final_, ignored));
  if (replaces) rename_path(final_, old);
  rename_path(temporary_, final_);
  finished_ = true;
  flush_directory(final_.parent_path());
  if (replaces) remove_path(old);
}

}  // namespace triaxis
