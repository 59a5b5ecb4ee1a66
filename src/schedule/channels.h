// The messages of a lowered table: between an ordered pair of ranks there is one FIFO, and its k-th SEND meets its k-th
// RECV.
#pragma once

#include <vector>

#include "schedule/index.h"

namespace triaxis {

/// A tensor on its way between two ranks.
struct Message {
  int channel = 0;
  int ordinal = 0;  // within its channel
  Place send;
  Place receive;
  Place used;  // the compute that waits for it
};

/// The FIFO from one rank to another.
struct MessageChannel {
  int source = 0;
  int destination = 0;
  std::vector<int> messages;  // in order, numbers in Channels::messages
};

struct Channels {
  std::vector<Message> messages;
  std::vector<MessageChannel> channels;      // ascending by source, then destination
  std::vector<std::vector<int>> message_of;  // [rank][position]: the message of a SEND or RECV, the first message that
                                             // a compute waits for (it has at most one), else -1
};

/// Pairs the table's sends and receives. REQUIRES: check_complete passed. Throws UserError where a RECV meets the wrong
/// SEND.
Channels pair_messages(const Table& table, const TableIndex& index);

}  // namespace triaxis
