#include "cli/launch.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/log.h"
#include "cli/launch_command.h"
#include "cli/launch_process.h"
#include "cli/launch_scratch.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 3s;  // from the order to end at once until the launcher is killed

/// Columns of the terminal that standard error is; 0 if it is none.
int terminal_columns() {
  winsize size{};
  return isatty(STDERR_FILENO) != 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// A running job, from its start to the exit code.
class Job {
 public:
  Job(const LaunchCommand& command, LaunchSignals& signals, double ready_within)
      : process_(command), signals_(signals), ready_within_(ready_within) {}

  pid_t launcher() const { return process_.id(); }

  LaunchOutcome run() {
    while (!process_.ended()) {
      take(signals_.wait(100ms, process_.errors()));
      pass_on();
      be_on_time();
    }
    pass_on();
    print(filter_.finish());
    return conclude();
  }

 private:
  void take(int signal) {
    if (signal == SIGINT && stop_asked_) {
      end();
    } else if (signal == SIGINT || signal == SIGTERM || signal == SIGUSR1) {
      if (signal == SIGINT) log_info("stopping after this step; interrupt again to stop at once");
      stop_asked_ = stop_due_ = true;
    }
  }

  void pass_on() {
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = read(process_.errors(), bytes.data(), bytes.size())) > 0;) {
      print(filter_.feed({bytes.data(), static_cast<std::size_t>(count)}));
    }
  }

  void be_on_time() {
    if (stop_due_ && filter_.ready()) {
      process_.signal(SIGUSR1);
      stop_due_ = false;
    }
    if (!filter_.ready() && !ending_since_ && Clock::now() - start_ > ready_within_) {
      is_late_ = true;
      end();
    }
    if (ending_since_ && Clock::now() - *ending_since_ > kPatience) process_.signal(SIGKILL);
  }

  void end() {
    process_.signal(SIGTERM);
    ending_since_ = Clock::now();
  }

  LaunchOutcome conclude() const {
    const int status = process_.status();
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    LaunchOutcome outcome;
    outcome.code = code == 0 || code == 2 ? code : 1;
    outcome.stopped = stop_asked_;
    outcome.failure = filter_.failure();
    if (is_late_) {
      outcome.code = 1;
      outcome.reason = fmt::format("the ranks were not ready within {:g} s (comm.timeout)", ready_within_.count());
    } else if (ending_since_) {
      outcome.reason = "stopped at once";
    } else if (WIFSIGNALED(status)) {
      outcome.reason =
          fmt::format("the MPI launcher was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else if (outcome.failure) {
      outcome.reason = outcome.failure->text();
      outcome.told = outcome.failure->signal == 0 && filter_.error_shown();
    } else if (code != 0) {
      // Open MPI 4 may lose what it has to say about a rank that ended the job after its own words.
      outcome.told = filter_.error_shown();
      outcome.reason = fmt::format("the {} ended with exit code {}", outcome.told ? "job" : "MPI launcher", code);
    }
    return outcome;
  }

  LaunchProcess process_;
  LaunchSignals& signals_;
  LauncherFilter filter_;
  Clock::time_point start_ = Clock::now();
  std::chrono::duration<double> ready_within_;
  bool is_late_ = false;
  bool stop_asked_ = false;
  bool stop_due_ = false;  // asked, and not yet passed on
  std::optional<Clock::time_point> ending_since_;
};

}  // namespace

// Slurm sets SLURM_PROCID also in a batch script, which is no rank, and the number of a step's tasks only in its tasks.
bool under_mpi_launcher() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PMIX_RANK"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  return tasks != nullptr && std::getenv("SLURM_PROCID") != nullptr && std::atoi(tasks) > 1;
}

void die_with_parent() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Had the launcher died before, no signal would come. On other hosts its number is not known (0).
  const char* told = std::getenv("TRIAXIS_LAUNCHED");
  const int launcher = told == nullptr ? 0 : std::atoi(told);
  if (launcher != 0 && getppid() != launcher) _exit(1);
}

void tell_ready() { print(fmt::format("{}\n", kReadyLine)); }

LaunchOutcome launch_ranks(const LaunchRequest& request, LaunchSignals& signals) {
  LaunchScratch scratch(request.ranks);
  const LaunchCommand command = launch_command(request, scratch.path());
  setenv("TRIAXIS_TERMINAL", std::to_string(terminal_columns()).c_str(), 1);
  Job job(command, signals, request.ready_within);
  scratch.watch(job.launcher());
  return job.run();
}

}  // namespace triaxis
