// Ending a run from outside, between two steps.
#pragma once

namespace triaxis {

/// Makes SIGTERM, SIGINT and SIGUSR1 ask the run to end after its step; a second one ends the process at once. They are
/// blocked in this thread and in all that it starts, and a thread of its own waits for them: oneDNN's generated GEMM
/// code (seen in 2.6) keeps data below the stack pointer, which a signal handler on a compute thread would overwrite.
/// REQUIRES: no other thread has been started.
void stop_on_signals();

/// Whether one has come.
bool stop_requested();

}  // namespace triaxis
