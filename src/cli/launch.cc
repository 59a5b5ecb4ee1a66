#include "cli/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "cli/launch_output.h"

namespace triaxis {
namespace {

// Signal handlers reach statics only.
std::atomic<pid_t> launcher_group{0};
std::atomic<int> signals_seen{0};

void pass_on(int) {
  const pid_t group = launcher_group.load();
  if (group <= 0) return;
  const bool again = signals_seen.fetch_add(1) > 0;
  kill(again ? -group : group, again ? SIGKILL : SIGUSR1);
}

std::vector<std::string> command_line(const LaunchRequest& request) {
  std::vector<std::string> words = {"mpirun",          "-n",        std::to_string(request.ranks),
                                    "--oversubscribe", "--bind-to", "none"};
  if (geteuid() == 0) words.emplace_back("--allow-run-as-root");
  if (!request.hosts.empty()) words.insert(words.end(), {"--host", request.hosts});
  for (const char* name : {"TRIAXIS_LAUNCHED", "TRIAXIS_TERMINAL"}) words.insert(words.end(), {"-x", name});
  std::array<char, 4096> self{};
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size() - 1);
  words.push_back(length > 0 ? std::string(self.data(), static_cast<std::size_t>(length)) : request.argv[0]);
  for (char** word = request.argv + 1; *word != nullptr; ++word) words.emplace_back(*word);
  return words;
}

void tell_ranks() {
  winsize size{};
  const bool is_terminal = isatty(STDERR_FILENO) != 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
  setenv("TRIAXIS_TERMINAL", std::to_string(is_terminal ? size.ws_col : 0).c_str(), 1);
  setenv("TRIAXIS_LAUNCHED", "1", 1);
}

[[noreturn]] void become_mpirun(const std::vector<std::string>& words, int error_pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);
  dup2(error_pipe, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

/// Shows what comes until the pipe is closed.
void pass_through(int pipe, LaunchOutput& output) {
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t count = read(pipe, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    const std::string shown = output.filter({buffer.data(), static_cast<std::size_t>(count)});
    if (write(STDERR_FILENO, shown.data(), shown.size()) < 0) return;
  }
}

}  // namespace

bool under_mpi_launcher() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK", "PMI_SIZE"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  const char* tasks = std::getenv("SLURM_NTASKS");
  return tasks != nullptr && std::getenv("SLURM_PROCID") != nullptr && std::getenv("SLURM_STEP_ID") != nullptr &&
         std::atoi(tasks) > 1;
}

void die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int launch_ranks(const LaunchRequest& request) {
  tell_ranks();
  const std::vector<std::string> words = command_line(request);
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw RunError("no pipe for the ranks' messages");
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child < 0) throw RunError("the MPI launcher cannot be started: no more processes");
  if (child == 0) become_mpirun(words, pipe[1], self);
  close(pipe[1]);
  launcher_group.store(child);
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, pass_on);
  LaunchOutput output;
  pass_through(pipe[0], output);
  close(pipe[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code == 127) throw UserError("mpirun was not found: apt-get install openmpi-bin, or run with --transport local");
  if (!output.failure().empty()) log_error(output.failure());
  if (WIFSIGNALED(status)) log_error(fmt::format("the MPI launcher was killed by signal {}", WTERMSIG(status)));
  return code == 0 || code == 2 ? code : 1;
}

}  // namespace triaxis
