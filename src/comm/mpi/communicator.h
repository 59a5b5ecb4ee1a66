// A group of ranks over MPI.
#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "comm/communicator.h"
#include "comm/mpi/world.h"

namespace triaxis {

/// REQUIRES: the world outlives it.
class MpiCommunicator : public Communicator {
 public:
  MpiCommunicator(MpiWorld& world, std::span<const int> ranks, int rank, int tag);

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(ranks_.size()); }
  Ticket send(int peer, std::span<const std::byte> bytes) override;
  Ticket receive(int peer, std::span<std::byte> bytes) override;
  bool done(Ticket ticket) override;
  void wait(Ticket ticket) override;
  void abandon(Ticket ticket) override;

 private:
  /// One MPI message. A long transfer is a chain of several.
  struct Part {
    MPI_Request request = MPI_REQUEST_NULL;
    int peer = 0;  ///< within the group
    bool sending = false;
    int bytes = 0;
    Ticket next = kNoTicket;
  };

  /// Cuts `size` bytes into parts and starts each by `start(offset, part)`.
  template <typename Start>
  Ticket post(int peer, bool sending, std::size_t size, Start&& start);
  Part& part(Ticket ticket) { return parts_[static_cast<std::size_t>(ticket)]; }
  Ticket take_free();
  void give_back(Ticket ticket);
  void wait_for(Part& part);
  bool test(Part& part);
  [[noreturn]] void break_off(const Part& part, double seconds);

  MpiWorld* world_;
  std::vector<int> ranks_;
  int rank_;
  int tag_;
  std::vector<Part> parts_;
  std::vector<Ticket> free_;
};

}  // namespace triaxis
