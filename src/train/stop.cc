#include "train/stop.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace triaxis {
namespace {

// Signals belong to the process, and so does this.
std::atomic<bool> requested{false};

[[noreturn]] void watch(sigset_t signals) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (requested.exchange(true)) std::_Exit(1);
  }
}

}  // namespace

void stop_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(watch, signals).detach();
}

bool stop_requested() { return requested.load(); }

}  // namespace triaxis
