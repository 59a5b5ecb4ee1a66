#pragma once

#include "schedule/channels.h"
#include "schedule/verify.h"

namespace triaxis {

/// Executes a lowered table on the medium that `model` describes and throws UserError, naming who waits for what, if it
/// stops.
///
/// A send or receive enters its queue when its row reaches it; neighbours in the row enter as one group. A message
/// moves when its send and its receive both stand in the group at the head of their queues. A group leaves the head
/// when all its members have moved. Computes wait for their message to have moved, and a send waits until the one
/// kSendBuffers before it on its channel has moved: whatever stands before it in its row has entered by then, and it
/// starts a new group. REQUIRES: the table's rows fit together (walk finds nothing stuck).
void check_deadlock(const Table& table, const Channels& channels, ChannelModel model);

}  // namespace triaxis
