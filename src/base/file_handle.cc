#include "base/file_handle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace triaxis {
namespace {

[[noreturn]] void fail(std::string_view doing, const std::filesystem::path& path) {
  throw RunError(fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(errno)));
}

int open_or_fail(const std::filesystem::path& path, int flags, std::string_view doing) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(doing, path);
  return descriptor;
}

}  // namespace

FileHandle::FileHandle(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

FileHandle FileHandle::open(const std::filesystem::path& path) {
  // Without O_NONBLOCK the opening of a pipe would wait for a writer.
  FileHandle file(path, open_or_fail(path, O_RDONLY | O_NONBLOCK, "read"));
  struct stat status {};
  if (fstat(file.descriptor_, &status) != 0) fail("read", path);
  if (!S_ISREG(status.st_mode)) throw RunError(fmt::format("cannot read {}: it is no regular file", path.string()));
  return file;
}

FileHandle FileHandle::create(const std::filesystem::path& path) {
  return {path, open_or_fail(path, O_WRONLY | O_CREAT | O_TRUNC, "write")};
}

FileHandle::~FileHandle() {
  if (descriptor_ >= 0) close(descriptor_);
}

FileHandle::FileHandle(FileHandle&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

std::uint64_t FileHandle::size() const {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) fail("read", path_);
  return static_cast<std::uint64_t>(status.st_size);
}

bool FileHandle::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path_);
    if (count == 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

void FileHandle::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void FileHandle::flush() {
  if (fsync(descriptor_) != 0) fail("flush", path_);
}

void make_directory(const std::filesystem::path& path) {
  if (mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) fail("make", path);
}

void rename_path(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename", from);
}

void remove_path(const std::filesystem::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail("remove", path);
  }
  if (!S_ISDIR(status.st_mode)) {
    if (unlink(path.c_str()) != 0) fail("remove", path);
    return;
  }
  for (const auto& entry : std::filesystem::directory_iterator(path)) remove_path(entry.path());
  if (rmdir(path.c_str()) != 0) fail("remove", path);
}

void flush_directory(const std::filesystem::path& path) {
  const int descriptor = open_or_fail(path, O_RDONLY | O_DIRECTORY, "open");
  const int outcome = fsync(descriptor);
  const int reason = errno;
  close(descriptor);
  errno = reason;
  if (outcome != 0) fail("flush", path);
}

}  // namespace triaxis
