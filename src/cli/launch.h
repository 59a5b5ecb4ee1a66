// Starting the ranks of a run on this machine or on others, through the MPI launcher, and what a rank owes to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/launch_filter.h"
#include "cli/launch_signals.h"

namespace triaxis {

struct LaunchRequest {
  int ranks = 1;
  std::string hosts;               ///< for the MPI launcher, "a:8,b:8", as it is; empty: this machine
  std::vector<std::string> words;  ///< after the name of this program, which the ranks run too
  double ready_within = 600;       ///< seconds until the ranks must be ready, else the job has failed
};

/// How a job ended.
struct LaunchOutcome {
  int code = 0;          ///< 0, 2 if the ranks found a mistake of the user's, else 1
  bool stopped = false;  ///< a signal asked for the end
  std::string reason;    ///< of a failure, as in "rank 3 was killed by signal 9 (Killed)"
  bool told = false;     ///< what is on the screen says more than `reason`
  std::optional<RankFailure> failure;
};

/// Whether an MPI launcher (mpirun, srun, ...) started this process as a rank.
bool under_mpi_launcher();

/// Runs the ranks in a process group of their own and waits for them. What they print passes through; the launcher's
/// own noise does not. SIGTERM, SIGINT and SIGUSR1 become, as soon as the ranks are ready for it, the SIGUSR1 that
/// mpirun forwards; a second SIGINT kills. A job whose ranks are not ready in time is ended as failed: Open MPI can
/// wait for ever for a rank that was killed while it connected. When this process dies, so do the ranks. Throws
/// UserError where there is no MPI launcher.
LaunchOutcome launch_ranks(const LaunchRequest& request, LaunchSignals& signals);

/// Makes this rank die when the process that started it dies. Called first by ranks that launch_ranks has started.
void die_with_parent();

/// Tells launch_ranks that signals may come. Called by one rank when all have made themselves ready for them.
void tell_ready();

}  // namespace triaxis
