#include "cli/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"

namespace triaxis {

RunLock::RunLock(const std::filesystem::path& directory, std::chrono::milliseconds patience)
    : descriptor_(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  using namespace std::chrono_literals;
  const auto start = std::chrono::steady_clock::now();
  while (descriptor_ >= 0 && flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (std::chrono::steady_clock::now() - start > patience) {
      close(descriptor_);
      throw UserError(fmt::format(
          "checkpoint.dir = \"{}\": another run is at work there; wait for its end, or choose another directory",
          directory.string()));
    }
    std::this_thread::sleep_for(50ms);
  }
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

RunLock::~RunLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace triaxis
