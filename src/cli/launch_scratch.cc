#include "cli/launch_scratch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::uint64_t kBytesPerRank = std::uint64_t{16} << 20;  // Open MPI 4 maps 4 MiB a rank, and some to start
constexpr int kPatience = 5000;                                   // milliseconds for a job to end

bool has_room(const char* directory, int ranks) {
  struct statvfs info {};
  if (access(directory, W_OK | X_OK) != 0 || statvfs(directory, &info) != 0) return false;
  return std::uint64_t{info.f_bavail} * info.f_frsize >= static_cast<std::uint64_t>(ranks) * kBytesPerRank;
}

/// The watcher: waits for this process's creator to end, then for the job, then removes the directory.
[[noreturn]] void watch_over(const std::filesystem::path& path, int lifeline, int job) {
  setsid();  // a signal to the terminal's group is not for it
  char nothing = 0;
  while (read(lifeline, &nothing, 1) < 0 && errno == EINTR) {
  }
  pollfd ended{.fd = job, .events = POLLIN, .revents = 0};
  if (job >= 0) poll(&ended, 1, kPatience);
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  _exit(0);
}

}  // namespace

LaunchScratch::LaunchScratch(int ranks) {
  const std::filesystem::path base = has_room("/dev/shm", ranks) ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string name = base / "triaxis-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    throw RunError(fmt::format("no directory can be made in {}: {}", base.string(), std::strerror(errno)));
  }
  path_ = name;
}

LaunchScratch::~LaunchScratch() {
  if (watcher_ < 0) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    return;
  }
  close(lifeline_);
  while (waitpid(watcher_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void LaunchScratch::watch(pid_t job) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return;  // it will still be removed if all goes well
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    for (const int inherited : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(inherited);
    watch_over(path_, ends[0], static_cast<int>(syscall(SYS_pidfd_open, job, 0)));
  }
  close(ends[0]);
  if (child < 0) {
    close(ends[1]);
    return;
  }
  lifeline_ = ends[1];
  watcher_ = child;
}

}  // namespace triaxis
