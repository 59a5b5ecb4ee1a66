// An open file, read and written at any place. Failures are RunError with the path and the system's reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace triaxis {

class FileHandle {
 public:
  FileHandle() = default;
  /// Opens an existing file.
  static FileHandle open(const std::filesystem::path& path);
  /// Creates a file, or empties the one that is there.
  static FileHandle create(const std::filesystem::path& path);
  ~FileHandle();
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;

  std::uint64_t size() const;
  /// Reads exactly `bytes.size()` bytes from `offset`. RETURNS: false if the file ends before.
  bool read(std::uint64_t offset, std::span<std::byte> bytes) const;
  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Flushes the content to the disk.
  void flush();

 private:
  FileHandle(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Makes a directory in one that is there; another process may have made it meanwhile. One call of the system's,
/// whichever comes first.
void make_directory(const std::filesystem::path& path);

/// Gives a file or directory another name, in one step that is never half done.
void rename_path(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes a file, or a directory with everything in it; what is not there is no failure.
void remove_path(const std::filesystem::path& path);

/// Flushes a directory's entries to the disk.
void flush_directory(const std::filesystem::path& path);

}  // namespace triaxis
