// The two ends of a FIFO between an ordered pair of ranks, with the buffers that the architecture gives them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "comm/communicator.h"
#include "tensor/arena.h"
#include "tensor/view.h"

namespace triaxis {

/// What a message carries before its tensor, asserted on arrival: messages match by order, and a wrong order is a bug
/// that must not become a wrong number.
struct MessageHeader {
  std::int32_t kind = 0;  ///< the action's kind, as a number
  std::int32_t stage = 0;
  std::int32_t microbatch = 0;
  std::int32_t step = 0;
  bool operator==(const MessageHeader&) const = default;
};

/// A tensor with room for its header before it, and the transfer that it is part of.
struct MessageBuffer {
  View message;  ///< header and payload
  View payload;
  Ticket ticket = kNoTicket;
};

/// The sending end, with two buffers. Destroyed before everything has left, it gives the rest up.
class SendChannel {
 public:
  static constexpr int kBuffers = 2;

  /// Messages are tensors of `dtype` and `shape`. `arena` must have `footprint` bytes left.
  SendChannel(Communicator& communicator, int peer, Arena& arena, DType dtype, std::span<const std::int64_t> shape);
  ~SendChannel();
  SendChannel(SendChannel&&) noexcept = default;
  SendChannel& operator=(SendChannel&&) = delete;

  static std::size_t footprint(DType dtype, std::int64_t elements);

  /// RETURNS: buffer number `buffer` to fill. Waits until its last message has left. VALID UNTIL: post().
  View acquire(int buffer);
  /// Sends the buffer, acquired before, and returns.
  void post(int buffer, const MessageHeader& header);
  /// Waits until everything has left.
  void drain();

 private:
  Communicator* communicator_;
  int peer_;
  std::vector<MessageBuffer> buffers_;
};

/// The receiving end, with `depth` buffers. Messages arrive in the order in which buffers are posted; they may be used
/// in any. Destroyed with receives posted, it gives them up.
class ReceiveChannel {
 public:
  ReceiveChannel(Communicator& communicator, int peer, Arena& arena, DType dtype, std::span<const std::int64_t> shape,
                 int depth);
  ~ReceiveChannel();
  ReceiveChannel(ReceiveChannel&&) noexcept = default;
  ReceiveChannel& operator=(ReceiveChannel&&) = delete;

  static std::size_t footprint(DType dtype, std::int64_t elements, int depth);

  /// Posts buffer number `buffer` for the next message and returns. Its last tensor is gone.
  void post(int buffer);
  /// Waits for the buffer's message and asserts its header. RETURNS: its tensor. VALID UNTIL: the buffer is posted
  /// again.
  View take(int buffer, const MessageHeader& expected);

 private:
  Communicator* communicator_;
  int peer_;
  std::vector<MessageBuffer> buffers_;
};

}  // namespace triaxis
