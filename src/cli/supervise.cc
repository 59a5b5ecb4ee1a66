#include "cli/supervise.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace triaxis {
namespace {

constexpr double kLongestDelay = 60;

double delay_before(int restart, const RestartPolicy& policy) {
  return std::min(kLongestDelay, std::ldexp(policy.first_delay, restart - 1));
}

/// RETURNS: the signal that asked for the end before the time was over, or 0.
int sleep_unless_ended(double seconds, LaunchSignals& signals) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    const int signal = signals.wait(std::max(left, std::chrono::milliseconds(0)));
    if (signal != 0 && signal != SIGCHLD) return signal;
    if (signal == 0 && left.count() <= 0) return 0;
  }
}

/// The last word about a job that has not ended well.
void conclude(const LaunchOutcome& outcome, int restarts) {
  if (outcome.code == 1 && restarts > 0 && !outcome.stopped) {
    log_error(fmt::format("{}; given up after {} restart{}", outcome.reason, restarts, restarts == 1 ? "" : "s"));
  } else if (!outcome.reason.empty() && !outcome.told) {
    log_error(outcome.reason);
  }
}

}  // namespace

int supervise(LaunchRequest request, const RestartPolicy& policy, LaunchSignals& signals,
              const std::function<NextStart(const LaunchOutcome&)>& next) {
  for (int restart = 1;; ++restart) {
    const LaunchOutcome outcome = launch_ranks(request, signals);
    if (outcome.code != 1 || outcome.stopped || restart > policy.restarts) {
      conclude(outcome, restart - 1);
      return outcome.code;
    }
    NextStart start = next(outcome);
    const double delay = delay_before(restart, policy);
    log_warning(fmt::format("{}; restart {} of {} in {:g} s from {}", outcome.reason, restart, policy.restarts, delay,
                            start.from));
    if (!start.note.empty()) log_warning(start.note);
    if (const int signal = sleep_unless_ended(delay, signals); signal != 0) {
      log_error(fmt::format("ended by signal {} ({}) before the restart; --resume goes on from {}", signal,
                            strsignal(signal), start.from));
      return 1;
    }
    request = std::move(start.request);
  }
}

}  // namespace triaxis
