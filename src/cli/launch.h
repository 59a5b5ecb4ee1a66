// Starting the ranks of a run on this machine or on others, through the MPI launcher, and what a rank owes to it.
#pragma once

#include <string>

namespace triaxis {

struct LaunchRequest {
  int ranks = 1;
  std::string hosts;      ///< for the MPI launcher, "a:8,b:8", as it is; empty: this machine
  char** argv = nullptr;  ///< of this program: the ranks run the same
};

/// Whether an MPI launcher (mpirun, srun, ...) started this process as a rank.
bool under_mpi_launcher();

/// Runs the ranks in a process group of their own and waits for them. What they print passes through; the launcher's
/// own noise does not: in its place one line names the rank that failed, if that did not speak for itself. SIGTERM and
/// SIGINT become the SIGUSR1 that mpirun forwards; a second SIGINT kills. When this process dies, so do the ranks.
/// RETURNS: 0, 2 if the ranks found a mistake of the user's, else 1. Throws UserError where there is no MPI launcher.
/// REQUIRES: this process has one thread.
int launch_ranks(const LaunchRequest& request);

/// Makes this rank die when the process that started it dies. Called first by ranks that launch_ranks has started.
void die_with_parent();

}  // namespace triaxis
