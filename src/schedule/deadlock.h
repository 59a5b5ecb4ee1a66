#pragma once

#include "schedule/channels.h"
#include "schedule/verify.h"

namespace triaxis {

/// Executes a lowered table on the medium that `model` describes and throws UserError, naming who waits for what, if it
/// stops.
///
/// Neighbouring sends and receives of a row enter their queues together, those of one queue as one group, when the row
/// reaches them and each send has a buffer: the send kSendBuffers before it on its channel has moved. (Where that one
/// is a neighbour itself, the send starts the next group.) A message moves when its send and its receive both stand in
/// the groups at the heads of their queues. A group leaves the head when all its members have moved. Computes wait for
/// their message to have moved. Whatever can happen stays possible until it does, so one execution speaks for all
/// timings. REQUIRES: the table's rows fit together (walk finds nothing stuck).
void check_deadlock(const Table& table, const Channels& channels, ChannelModel model);

}  // namespace triaxis
