// The transport between threads of one process.
#pragma once

#include <functional>

#include "comm/communicator.h"

namespace triaxis {

/// Runs `body` as a job of `ranks` ranks, each a thread of this process, and returns when all have ended. When a rank
/// throws, the others' waits end promptly, and the first one's exception is thrown here: a UserError, RunError or
/// std::logic_error with "rank N: " before its message if there are several ranks, anything else unchanged. If it was a
/// deadline, what the other ranks were waiting for is logged.
void run_local(int ranks, const std::function<void(World&)>& body);

}  // namespace triaxis
