// The two ends of a FIFO between an ordered pair of ranks, with the buffers that the architecture gives them.
#pragma once

#include <cstdint>
#include <vector>

#include "comm/communicator.h"
#include "tensor/arena.h"
#include "tensor/view.h"

namespace triaxis {

/// What a message carries, sent before it and asserted on arrival: messages match by order, and a wrong order is a bug
/// that must not become a wrong number.
struct MessageHeader {
  std::int32_t kind = 0;  ///< the action's kind, as a number
  std::int32_t stage = 0;
  std::int32_t microbatch = 0;
  std::int32_t step = 0;
  std::int64_t bytes = 0;
  std::int64_t reserved = 0;
  bool operator==(const MessageHeader&) const = default;
};

/// The sending end, with two buffers.
class SendChannel {
 public:
  static constexpr int kBuffers = 2;

  /// Messages are tensors of `dtype` and `shape`. `arena` must have `footprint` bytes left.
  SendChannel(Communicator& communicator, int peer, Arena& arena, DType dtype, std::span<const std::int64_t> shape);
  static std::size_t footprint(DType dtype, std::int64_t elements);

  /// RETURNS: the next buffer to fill. Waits until its last message has left.
  View acquire();
  /// Sends the buffer last acquired and returns.
  void post(const MessageHeader& header);
  /// Waits until everything has left.
  void drain();

 private:
  Communicator* communicator_;
  int peer_;
  std::vector<View> buffers_;  // header and payload together
  std::vector<View> payloads_;
  std::vector<Ticket> tickets_;
  int next_ = 0;
};

/// The receiving end, with `depth` buffers: how many receives may be posted and not yet released.
class ReceiveChannel {
 public:
  ReceiveChannel(Communicator& communicator, int peer, Arena& arena, DType dtype, std::span<const std::int64_t> shape,
                 int depth);
  static std::size_t footprint(DType dtype, std::int64_t elements, int depth);

  /// Posts a buffer for the next message and returns. REQUIRES: fewer than `depth` are posted or taken.
  void post();
  /// Waits for the oldest posted message and asserts its header. RETURNS: its tensor. VALID UNTIL: release().
  View take(const MessageHeader& expected);
  /// Gives the oldest taken buffer back.
  void release();

 private:
  Communicator* communicator_;
  int peer_;
  std::vector<View> buffers_;
  std::vector<View> payloads_;
  std::vector<Ticket> tickets_;
  std::int64_t posted_ = 0;
  std::int64_t taken_ = 0;
  std::int64_t released_ = 0;
};

}  // namespace triaxis
