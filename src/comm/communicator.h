// Messages between the ranks of a group. Two transports stand behind it: local/ (threads of one process) and mpi/
// (processes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace triaxis {

/// A transfer under way; given back by `wait` or `abandon`.
using Ticket = std::int32_t;
inline constexpr Ticket kNoTicket = -1;

/// The ranks of one group, numbered from 0 within it. Between an ordered pair of ranks messages match by order, never
/// by tag, and both ends must name the same number of bytes. Does not allocate after construction. Used by one thread.
class Communicator {
 public:
  /// Transfers of one rank that may be under way at once.
  static constexpr int kTransfers = 1024;

  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Starts a transfer and returns. The bytes must stay (and, of a send, not change) until `wait`. `peer` may be this
  /// rank itself.
  virtual Ticket send(int peer, std::span<const std::byte> bytes) = 0;
  virtual Ticket receive(int peer, std::span<std::byte> bytes) = 0;
  /// RETURNS: whether the transfer is complete. Does not give the ticket back. Throws RunError when another rank has
  /// failed.
  virtual bool done(Ticket ticket) = 0;
  /// Returns when the transfer is complete and gives the ticket back. Throws RunError on the deadline, naming this
  /// rank, the peer and what the rank was doing, and promptly when another rank has failed.
  virtual void wait(Ticket ticket) = 0;
  /// Gives up a transfer that nobody will wait for, because this rank is failing; its bytes may go. Never throws.
  virtual void abandon(Ticket ticket) = 0;
};

/// All the ranks of a job.
class World {
 public:
  virtual ~World() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// The ranks of the job that run on this rank's host, ascending.
  virtual std::vector<int> ranks_here() const = 0;
  /// A group of its own message order. `ranks` are world ranks, in the group's order. RETURNS: null where this rank is
  /// not among them. VALID UNTIL: the world goes. COLLECTIVE OVER: all ranks of the world, with the same list; nobody
  /// waits.
  virtual std::unique_ptr<Communicator> group(std::span<const int> ranks) = 0;

  /// What this rank is doing, asked when a wait passes its deadline: "1F3; last completed 1F2".
  virtual void set_activity(std::function<std::string()> activity) = 0;
  /// Seconds that any wait may take; 600 until set.
  virtual void set_timeout(double seconds) = 0;
};

}  // namespace triaxis
