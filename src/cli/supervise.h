// A job that is started again when a rank dies.
#pragma once

#include <functional>
#include <string>

#include "cli/launch.h"

namespace triaxis {

struct RestartPolicy {
  int restarts = 0;        ///< at most
  double first_delay = 1;  ///< seconds before the first; doubled for each further one, up to a minute
};

/// What follows a failed start.
struct NextStart {
  LaunchRequest request;
  std::string from;  ///< where the run goes on, as in "step 200"
  std::string note;  ///< what is different from the start before; may be empty
};

/// Runs the ranks; when the job fails for another reason than a mistake of the user's or a signal to end, says so,
/// waits and starts what `next` makes of the outcome. A signal to end that comes while it waits ends it. What no rank
/// has said about a failure is said here. RETURNS: the exit code.
int supervise(LaunchRequest request, const RestartPolicy& policy, LaunchSignals& signals,
              const std::function<NextStart(const LaunchOutcome&)>& next);

}  // namespace triaxis
