// A library for LD_PRELOAD: counts the calls that change files under one directory, and at one of them kills the
// process or lets the call fail. fault.h says how it is told.
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "fault.h"

namespace triaxis {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The function that this library stands before.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// Whether a full disk refuses the call: what only renames, removes or flushes still works.
bool needs_space(std::string_view name) {
  return name == "write" || name == "pwrite" || name == "writev" || name == "open" || name == "mkdir";
}

/// What this process was told, and how far it is.
class Shim {
 public:
  static Shim& get() {
    static Shim* shim = new Shim();  // never destroyed: files are written until the very end
    return *shim;
  }

  bool watches(std::string_view path) const {
    return !directory_.empty() && path.starts_with(directory_) &&
           (path.size() == directory_.size() || path[directory_.size()] == '/');
  }

  /// Counts a call. RETURNS: its number and what is to happen in it.
  std::pair<int, Deed> count(std::string_view name) {
    const int number = ++calls_;
    return {number, here_ ? deed_in(number, name) : Deed::kNone};
  }

  void log(int number, std::string_view name, std::string_view path, std::string_view other, bool done) const {
    const std::string line =
        fmt::format("{} {} {} {} {} {}\n", rank_, number, name, path, other, done ? kDone : kFailed);
    static const auto write_next = next<ssize_t(int, const void*, std::size_t)>("write");
    if (write_next(log_, line.data(), line.size()) < 0) std::abort();
  }

 private:
  Shim() : directory_(environment(kFaultDirectory)), rank_(environment("OMPI_COMM_WORLD_RANK")) {
    if (directory_.empty()) return;
    if (rank_.empty()) rank_ = kNoRank;
    here_ = environment(kFaultRank) == rank_;
    at_ = std::atoi(environment(kFaultCall).c_str());
    const auto found = std::find(kDeedNames.begin(), kDeedNames.end(), environment(kFaultDeed));
    if (found == kDeedNames.end()) std::abort();
    deed_ = static_cast<Deed>(found - kDeedNames.begin());
    log_ = next<int(const char*, int, ...)>("open")(environment(kFaultLog).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  }

  Deed deed_in(int number, std::string_view name) const {
    if (number < at_) return Deed::kNone;
    if (deed_ == Deed::kBroken) return Deed::kIoError;
    if (number == at_) return deed_ == Deed::kFull ? Deed::kShort : deed_;
    return deed_ == Deed::kFull && needs_space(name) ? Deed::kNoSpace : Deed::kNone;
  }

  std::string directory_;
  std::string rank_;
  Deed deed_ = Deed::kNone;
  int at_ = 0;
  bool here_ = false;
  int log_ = -1;
  std::atomic<int> calls_ = 0;
};

std::string link_target(const std::string& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string path_of(int descriptor) { return link_target(fmt::format("/proc/self/fd/{}", descriptor)); }

std::string path_at(int directory, const char* path) {
  if (path[0] == '/') return std::filesystem::path(path).lexically_normal();
  const std::string base = directory == AT_FDCWD ? link_target("/proc/self/cwd") : path_of(directory);
  return (std::filesystem::path(base) / path).lexically_normal();
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// One call on `path`, and on `other` if it has two. `perform(shorten)` does it; with half of its bytes if `shorten`.
template <class Perform>
auto call(const char* name, const std::string& path, const std::string& other, Perform perform)
    -> decltype(perform(false)) {
  Shim& shim = Shim::get();
  if (!shim.watches(path) && !shim.watches(other)) return perform(false);
  const auto [number, deed] = shim.count(name);
  if (deed == Deed::kKillBefore) die();
  const bool fails = deed == Deed::kIoError || deed == Deed::kNoSpace;
  const decltype(perform(false)) result = fails ? -1 : perform(deed == Deed::kShort);
  const int error = deed == Deed::kIoError ? EIO : fails ? ENOSPC : errno;
  shim.log(number, name, path, other, result >= 0);
  if (deed == Deed::kKillAfter) die();
  errno = error;
  return result;
}

template <class Perform>
auto call(const char* name, const std::string& path, Perform perform) -> decltype(perform()) {
  return call(name, path, "-", [&](bool) { return perform(); });
}

/// A call that writes `count` bytes to a descriptor.
template <class Perform>
ssize_t write_call(const char* name, int descriptor, std::size_t count, Perform perform) {
  return call(name, path_of(descriptor), "-",
              [&](bool shorten) { return perform(shorten ? std::max<std::size_t>(1, count / 2) : count); });
}

/// An opening counts if it may make or empty the file.
template <class Perform>
int open_call(int directory, const char* path, int flags, Perform perform) {
  if ((flags & (O_CREAT | O_TRUNC)) == 0) return perform();
  return call("open", path_at(directory, path), perform);
}

mode_t mode_argument(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

}  // namespace
}  // namespace triaxis

using triaxis::call;
using triaxis::mode_argument;
using triaxis::next;
using triaxis::open_call;
using triaxis::path_at;
using triaxis::path_of;
using triaxis::write_call;

extern "C" {

ssize_t write(int descriptor, const void* bytes, std::size_t count) {
  static const auto real = next<ssize_t(int, const void*, std::size_t)>("write");
  return write_call("write", descriptor, count, [&](std::size_t part) { return real(descriptor, bytes, part); });
}

ssize_t pwrite(int descriptor, const void* bytes, std::size_t count, off_t offset) {
  static const auto real = next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  return write_call("pwrite", descriptor, count,
                    [&](std::size_t part) { return real(descriptor, bytes, part, offset); });
}

ssize_t pwrite64(int descriptor, const void* bytes, std::size_t count, off64_t offset) __attribute__((alias("pwrite")));

ssize_t writev(int descriptor, const iovec* pieces, int count) {
  static const auto real = next<ssize_t(int, const iovec*, int)>("writev");
  return write_call("writev", descriptor, static_cast<std::size_t>(count),
                    [&](std::size_t part) { return real(descriptor, pieces, static_cast<int>(part)); });
}

int fsync(int descriptor) {
  static const auto real = next<int(int)>("fsync");
  return call("fsync", path_of(descriptor), [&] { return real(descriptor); });
}

int fdatasync(int descriptor) {
  static const auto real = next<int(int)>("fdatasync");
  return call("fdatasync", path_of(descriptor), [&] { return real(descriptor); });
}

int ftruncate(int descriptor, off_t length) noexcept {
  static const auto real = next<int(int, off_t)>("ftruncate");
  return call("ftruncate", path_of(descriptor), [&] { return real(descriptor, length); });
}

int ftruncate64(int descriptor, off64_t length) noexcept __attribute__((alias("ftruncate")));

int truncate(const char* path, off_t length) noexcept {
  static const auto real = next<int(const char*, off_t)>("truncate");
  return call("truncate", path_at(AT_FDCWD, path), [&] { return real(path, length); });
}

int truncate64(const char* path, off64_t length) noexcept __attribute__((alias("truncate")));

int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  static const auto real = next<int(int, const char*, int, const char*)>("renameat");
  return call("rename", path_at(from_directory, from), path_at(to_directory, to),
              [&](bool) { return real(from_directory, from, to_directory, to); });
}

int rename(const char* from, const char* to) noexcept { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

int unlinkat(int directory, const char* path, int flags) noexcept {
  static const auto real = next<int(int, const char*, int)>("unlinkat");
  return call((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", path_at(directory, path),
              [&] { return real(directory, path, flags); });
}

int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }

int rmdir(const char* path) noexcept { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

// As the C library does it: a file, else a directory.
int remove(const char* path) noexcept {
  if (unlink(path) == 0) return 0;
  return errno == EISDIR || errno == EPERM ? rmdir(path) : -1;
}

int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  static const auto real = next<int(int, const char*, mode_t)>("mkdirat");
  return call("mkdir", path_at(directory, path), [&] { return real(directory, path, mode); });
}

int mkdir(const char* path, mode_t mode) noexcept { return mkdirat(AT_FDCWD, path, mode); }

int openat(int directory, const char* path, int flags, ...) {
  static const auto real = next<int(int, const char*, int, ...)>("openat");
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_call(directory, path, flags, [&] { return real(directory, path, flags, mode); });
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return openat(AT_FDCWD, path, flags, mode);
}

int openat64(int directory, const char* path, int flags, ...) __attribute__((alias("openat")));
int open64(const char* path, int flags, ...) __attribute__((alias("open")));

}  // extern "C"
