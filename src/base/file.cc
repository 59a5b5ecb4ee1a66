#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/file_handle.h"

namespace triaxis {
namespace {

constexpr std::string_view kTemporary = ".tmp";

[[noreturn]] void fail(std::string_view doing, const std::filesystem::path& path) {
  throw RunError(fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(errno)));
}

/// A file descriptor for reading, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path) : value_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (value_ < 0) fail("read", path);
  }
  ~Descriptor() { close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }

 private:
  int value_;
};

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// A name beside `path` that no other process uses.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  return path.string() + fmt::format(".{}{}", getpid(), kTemporary);
}

}  // namespace

// Read to its end and not by its size, since pipes and what the kernel shows as files have none.
std::string read_file(const std::filesystem::path& path, std::size_t most) {
  const Descriptor file(path);
  const auto check_size = [&](std::size_t size) {
    if (size > most) throw RunError(fmt::format("cannot read {}: it holds more than {} bytes", path.string(), most));
  };
  std::string content;
  struct stat status {};
  if (fstat(file.get(), &status) == 0 && status.st_size > 0) {
    check_size(static_cast<size_t>(status.st_size));
    content.reserve(static_cast<size_t>(status.st_size));
  }
  std::array<char, 1 << 16> block{};
  for (;;) {
    const ssize_t count = read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path);
    if (count == 0) return content;
    check_size(content.size() + static_cast<size_t>(count));
    content.append(block.data(), static_cast<size_t>(count));
  }
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path temporary = temporary_beside(path);
  try {
    FileHandle file = FileHandle::create(temporary);
    file.write(0, std::as_bytes(std::span(content)));
    file.flush();
    if (rename(temporary.c_str(), path.c_str()) != 0) fail("write", path);
  } catch (const RunError&) {
    unlink(temporary.c_str());
    throw;
  }
  // The rename itself is on the disk only once the directory is.
  flush_directory(directory_of(path));
}

bool is_temporary_name(std::string_view name) {
  if (!name.ends_with(kTemporary)) return false;
  name.remove_suffix(kTemporary.size());
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot + 1 < name.size() &&
         name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
}

void make_writable_directory(const std::filesystem::path& path, std::string_view key) {
  const auto refuse = [&](std::string_view reason) {
    throw UserError(
        fmt::format("{}: cannot write in {}: {}; name a directory that can be written", key, path.string(), reason));
  };
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) refuse(error.message());
  const std::filesystem::path probe = temporary_beside(path / "probe");
  const int descriptor = open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse(std::strerror(errno));
  close(descriptor);
  unlink(probe.c_str());
}

LineFile::LineFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail("write", path_);
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

LineFile::LineFile(LineFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

LineFile& LineFile::operator=(LineFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void LineFile::append(std::string_view line) { write_all(descriptor_, fmt::format("{}\n", line), path_); }

}  // namespace triaxis
