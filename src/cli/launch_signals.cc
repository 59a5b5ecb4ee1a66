#include "cli/launch_signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>

#include "base/error.h"

namespace triaxis {

sigset_t launch_signal_set() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD}) sigaddset(&signals, signal);
  return signals;
}

LaunchSignals::LaunchSignals() {
  const sigset_t signals = launch_signal_set();
  file_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (file_ < 0) throw RunError("no more files can be opened");
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

LaunchSignals::~LaunchSignals() { close(file_); }

int LaunchSignals::wait(std::chrono::milliseconds limit, int readable) {
  std::array<pollfd, 2> events = {pollfd{.fd = file_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = readable, .events = POLLIN, .revents = 0}};
  poll(events.data(), events.size(), static_cast<int>(limit.count()));
  signalfd_siginfo info{};
  return read(file_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

}  // namespace triaxis
