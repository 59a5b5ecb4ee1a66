// The FIFO from one rank to another in one group, where a send and a receive meet.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

namespace triaxis {

class Mailbox;

/// One end of a message: the bytes to send, or the room to receive them.
struct Transfer {
  const std::byte* from = nullptr;  ///< of a send
  std::byte* to = nullptr;          ///< of a receive
  std::size_t size = 0;
  bool sending = false;
  int peer = 0;              ///< within the group
  Mailbox* owner = nullptr;  ///< woken on completion
  std::atomic<bool> complete = false;
  Transfer* next = nullptr;  ///< in the link's queue
};

/// An ordered pair of ranks. Whoever comes second copies the bytes, straight from the sender's to the receiver's.
class Link {
 public:
  /// Meets the oldest transfer of the other side, or queues. Throws std::logic_error if the two differ in size.
  void post(Transfer& transfer);
  /// Takes an incomplete transfer back. Nobody touches its bytes afterwards.
  void withdraw(Transfer& transfer);

 private:
  struct Queue {
    Transfer* head = nullptr;
    Transfer* tail = nullptr;

    void push(Transfer& transfer);
    Transfer* pop();
    void remove(const Transfer& transfer);
  };
  Queue& side(bool sending) { return sending ? sends_ : receives_; }

  std::mutex mutex_;
  Queue sends_;
  Queue receives_;
};

}  // namespace triaxis
