// The signals that concern the process that starts a job: those that ask it to end, and that of a child's end.
#pragma once

#include <chrono>
#include <csignal>

namespace triaxis {

/// SIGINT, SIGTERM and SIGUSR1, which ask for the end, and SIGCHLD.
sigset_t launch_signal_set();

/// These signals do not interrupt this process any more but wait to be read here, across as many jobs as it starts.
/// They stay blocked afterwards: one that comes when all is done is not to turn success into death. REQUIRES: this
/// process has one thread.
class LaunchSignals {
 public:
  LaunchSignals();
  ~LaunchSignals();
  LaunchSignals(const LaunchSignals&) = delete;
  LaunchSignals& operator=(const LaunchSignals&) = delete;

  /// RETURNS: the next signal that has come, or 0 if none does before the file `readable` has something to read or the
  /// time is over.
  int wait(std::chrono::milliseconds limit, int readable = -1);

 private:
  int file_ = -1;
};

}  // namespace triaxis
