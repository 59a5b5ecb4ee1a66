// Small collectives over plain bytes, for control and for values that are not summed. None allocates.
#pragma once

#include <cstddef>
#include <span>

#include "comm/communicator.h"

namespace triaxis {

/// `all` is size() equal parts, in rank order; `mine` becomes this rank's. COLLECTIVE OVER: the group.
void all_gather(Communicator& communicator, std::span<const std::byte> mine, std::span<std::byte> all);
/// `bytes` of rank `root` everywhere. COLLECTIVE OVER: the group.
void broadcast(Communicator& communicator, int root, std::span<std::byte> bytes);
/// Returns when all have called it. COLLECTIVE OVER: the group.
void barrier(Communicator& communicator);

}  // namespace triaxis
