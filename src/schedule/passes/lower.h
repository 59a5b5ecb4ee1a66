#pragma once

#include "schedule/table.h"

namespace triaxis {

/// Adds SEND_F, RECV_F, SEND_B and RECV_B between stages on different ranks; nothing is sent between stages of one
/// rank. A send follows the compute that makes it; a receive is posted one compute action ahead of the one that uses
/// it, or earlier where the order of messages asks for it. The result is free of deadlock under every ChannelModel
/// (lower.cc has the proof). REQUIRES: a compute-only table (REDUCE_GRAD, UNSHARD and RESHARD may stand in it). Throws
/// UserError if it cannot be executed.
Table lower(const Table& table);

}  // namespace triaxis
