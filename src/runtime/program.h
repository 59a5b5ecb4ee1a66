// One rank's row of a lowered table, with every buffer and slot chosen before the first step, so that executing it
// decides and allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "layers/slots.h"
#include "schedule/table.h"

namespace triaxis {

/// Where a boundary tensor comes from or goes to.
struct Port {
  enum class Where : std::uint8_t { kNone, kChannel, kLocal };
  Where where = Where::kNone;
  int peer = 0;    ///< of kChannel: the other rank of the pipeline
  int buffer = 0;  ///< of the channel with it, or of the local hand-over buffers

  bool operator==(const Port&) const = default;
};

struct Instruction {
  Action action;
  int stage = 0;  ///< its place in Program::stages
  Slot slot;
  Port in;   ///< of F: x; of I and B: dy; of RECV: the buffer posted
  Port out;  ///< of F: y; of I and B: dx; of SEND: the buffer sent
};

/// One end of a FIFO with another rank of the pipeline.
struct ChannelPlan {
  int peer = 0;
  int buffers = 0;
};

struct Program {
  std::vector<Instruction> instructions;
  std::vector<int> stages;         ///< of this rank, ascending
  std::vector<SlotCounts> slots;   ///< one a stage here
  std::vector<ChannelPlan> sends;  ///< ascending by peer, as are the receives
  std::vector<ChannelPlan> receives;
  int local_buffers = 0;  ///< hand-overs between two stages of this rank
  int microbatches = 0;
  bool reduces = false;  ///< a training step, whose gradients start at zero
};

/// REQUIRES: the table is lowered and verified.
Program compile(const Table& table, int rank);

}  // namespace triaxis
