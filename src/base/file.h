// Files and directories. Failures are RunError with the path and the system's reason, unless stated otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace triaxis {

/// RETURNS: the file's bytes; more than `most` are a failure.
std::string read_file(const std::filesystem::path& path, std::size_t most = SIZE_MAX);

/// Writes the file so that `path` holds either its old content or all of the new one, whatever happens: a temporary
/// name beside it, both flushed to the disk, then a rename.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Whether a file's name is one of those that the functions here give to files of a moment, "run.toml.4711.tmp": one
/// that is still there when no process writes was left by one that was killed.
bool is_temporary_name(std::string_view name);

/// Creates the directory and its parents where missing and makes sure that files can be written there. Throws
/// UserError, naming `key`, the setting that the path came from, if they cannot.
void make_writable_directory(const std::filesystem::path& path, std::string_view key);

/// A file that grows by whole lines, such as metrics.jsonl.
class LineFile {
 public:
  /// Opens the file for appending, creating it where missing.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&& other) noexcept;

  /// Appends `line` and a newline in one write, so that a reader never sees half a line.
  void append(std::string_view line);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace triaxis
