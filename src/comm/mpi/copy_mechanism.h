// How Open MPI moves long messages between ranks of one machine.
#pragma once

namespace triaxis {

/// Tells Open MPI, through the environment, to copy through shared memory where a process may not read another's
/// memory, as in many containers: it would find out too late, and lose messages. What the user has set stays. REQUIRES:
/// MPI is not initialised.
void choose_copy_mechanism();

}  // namespace triaxis
