#include "comm/mpi/communicator.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/error.h"
#include "comm/mpi/backoff.h"
#include "comm/mpi/call.h"

namespace triaxis {

MpiCommunicator::MpiCommunicator(MpiWorld& world, std::span<const int> ranks, int rank, int tag)
    : world_(&world),
      ranks_(ranks.begin(), ranks.end()),
      rank_(rank),
      tag_(tag),
      parts_(kTransfers),
      free_(kTransfers) {
  std::iota(free_.rbegin(), free_.rend(), 0);
}

Ticket MpiCommunicator::send(int peer, std::span<const std::byte> bytes) {
  return post(peer, true, bytes.size(), [&](std::size_t offset, Part& part) {
    return MPI_Isend(bytes.data() + offset, part.bytes, MPI_BYTE, ranks_[static_cast<std::size_t>(peer)], tag_,
                     world_->comm_, &part.request);
  });
}

Ticket MpiCommunicator::receive(int peer, std::span<std::byte> bytes) {
  return post(peer, false, bytes.size(), [&](std::size_t offset, Part& part) {
    return MPI_Irecv(bytes.data() + offset, part.bytes, MPI_BYTE, ranks_[static_cast<std::size_t>(peer)], tag_,
                     world_->comm_, &part.request);
  });
}

template <typename Start>
Ticket MpiCommunicator::post(int peer, bool sending, std::size_t size, Start&& start) {
  check(peer >= 0 && peer < this->size(), "a transfer names a rank outside its group");
  const Ticket first = take_free();
  std::size_t offset = 0;
  for (Ticket ticket = first;; ticket = part(ticket).next = take_free()) {
    Part& next = part(ticket);
    const std::size_t bytes = std::min(size - offset, world_->longest_message_);
    next = {.peer = peer, .sending = sending, .bytes = static_cast<int>(bytes)};
    mpi_call(start(offset, next));
    offset += bytes;
    if (offset == size) return first;
  }
}

Ticket MpiCommunicator::take_free() {
  check(!free_.empty(), "too many transfers are under way");
  const Ticket ticket = free_.back();
  free_.pop_back();
  return ticket;
}

bool MpiCommunicator::done(Ticket ticket) {
  for (; ticket != kNoTicket; ticket = part(ticket).next) {
    if (!test(part(ticket))) return false;
  }
  return true;
}

void MpiCommunicator::wait(Ticket ticket) {
  for (Ticket each = ticket; each != kNoTicket; each = part(each).next) wait_for(part(each));
  give_back(ticket);
}

void MpiCommunicator::give_back(Ticket ticket) {
  for (; ticket != kNoTicket; ticket = part(ticket).next) free_.push_back(ticket);
}

bool MpiCommunicator::test(Part& part) {
  if (part.request == MPI_REQUEST_NULL) return true;
  int complete = 0;
  MPI_Status status;
  mpi_call(MPI_Test(&part.request, &complete, &status));
  if (complete == 0) return false;
  if (!part.sending) {
    int bytes = 0;
    mpi_call(MPI_Get_count(&status, MPI_BYTE, &bytes));
    check(bytes == part.bytes, "the two ends of a message differ in size");
  }
  return true;
}

void MpiCommunicator::wait_for(Part& part) {
  using Clock = std::chrono::steady_clock;
  if (test(part)) return;
  const Clock::time_point start = Clock::now();
  Backoff backoff;
  while (!test(part)) {
    if (!backoff.pause()) continue;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds > world_->timeout_ || world_->deadline_passed_elsewhere()) break_off(part, seconds);
  }
}

void MpiCommunicator::break_off(const Part& part, double seconds) {
  if (!world_->late_) world_->announce_deadline();
  world_->late_ = true;
  const int peer = ranks_[static_cast<std::size_t>(part.peer)];
  throw RunError(WaitReport{world_->rank_, peer, part.sending, seconds}.text(world_->activity_));
}

// The request stays with MPI, which must not write into bytes that go: a receive is cancelled. A send cannot be; its
// rank is about to end.
void MpiCommunicator::abandon(Ticket ticket) {
  for (Ticket each = ticket; each != kNoTicket; each = part(each).next) {
    MPI_Request& request = part(each).request;
    if (request == MPI_REQUEST_NULL) continue;
    if (!part(each).sending) MPI_Cancel(&request);
    MPI_Request_free(&request);
  }
  give_back(ticket);
}

}  // namespace triaxis
