#include "cli/launch_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/launch_signals.h"

namespace triaxis {
namespace {

/// What stands before mpirun's main, in the child. mpirun cleans up behind its job on SIGTERM, so that is what it gets
/// when `parent` dies.
[[noreturn]] void become(const LaunchCommand& command, int errors, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);
  dup2(errors, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  signal(SIGUSR1, SIG_IGN);  // one that comes before mpirun is ready for it is not to end it
  signal(SIGTTOU, SIG_IGN);  // it is not in the terminal's foreground and may write there all the same
  const sigset_t mask = launch_signal_set();
  sigprocmask(SIG_UNBLOCK, &mask, nullptr);
  setenv("TRIAXIS_LAUNCHED", std::to_string(command.one_host ? getpid() : 0).c_str(), 1);
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), 0);
  std::vector<char*> words;
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execv(command.program.c_str(), words.data());
  _exit(127);
}

}  // namespace

LaunchProcess::LaunchProcess(const LaunchCommand& command) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw RunError("no more files can be opened");
  const pid_t self = getpid();
  id_ = fork();
  if (id_ == 0) become(command, pipe[1], self);
  close(pipe[1]);
  errors_ = pipe[0];
  fcntl(errors_, F_SETFL, O_NONBLOCK);
  if (id_ < 0) throw RunError(fmt::format("the MPI launcher cannot be started: {}", std::strerror(errno)));
}

LaunchProcess::~LaunchProcess() { close(errors_); }

bool LaunchProcess::ended() { return waitpid(id_, &status_, WNOHANG) == id_; }

}  // namespace triaxis
