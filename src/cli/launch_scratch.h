// A place for the files of an MPI job that leaves nothing behind.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace triaxis {

/// A directory in memory (else in the temporary directory) with room for the job's shared memory. It goes with this
/// object, also when this process is killed: a small process watches over it and removes it once the job has ended.
class LaunchScratch {
 public:
  explicit LaunchScratch(int ranks);
  ~LaunchScratch();
  LaunchScratch(const LaunchScratch&) = delete;
  LaunchScratch& operator=(const LaunchScratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Names the process whose end is the end of the job. To be called once.
  void watch(pid_t job);

 private:
  std::filesystem::path path_;
  int lifeline_ = -1;  // the watcher sees it close
  pid_t watcher_ = -1;
};

}  // namespace triaxis
