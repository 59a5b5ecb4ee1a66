// The MPI launcher as a child of this process.
#pragma once

#include <sys/types.h>

#include <csignal>

#include "cli/launch_command.h"

namespace triaxis {

/// mpirun, in a process group of its own, nothing on its standard input, its standard error on a pipe. It is ended when
/// this process dies.
class LaunchProcess {
 public:
  explicit LaunchProcess(const LaunchCommand& command);
  ~LaunchProcess();
  LaunchProcess(const LaunchProcess&) = delete;
  LaunchProcess& operator=(const LaunchProcess&) = delete;

  pid_t id() const { return id_; }
  int errors() const { return errors_; }
  /// RETURNS: whether it has ended. REQUIRES: it is not asked again afterwards.
  bool ended();
  /// As waitpid gives it. REQUIRES: ended().
  int status() const { return status_; }
  void signal(int number) const { kill(id_, number); }

 private:
  pid_t id_ = -1;
  int errors_ = -1;
  int status_ = 0;
};

}  // namespace triaxis
