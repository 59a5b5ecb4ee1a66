#include "comm/local/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace triaxis {

std::vector<int> LocalWorld::ranks_here() const {
  std::vector<int> ranks(static_cast<std::size_t>(size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

std::unique_ptr<Communicator> LocalWorld::group(std::span<const int> ranks) {
  std::shared_ptr<LocalGroup> group = hub_->group(groups_++, ranks);
  const auto me = std::ranges::find(ranks, rank_);
  if (me == ranks.end()) return nullptr;
  return std::make_unique<LocalCommunicator>(*this, std::move(group), static_cast<int>(me - ranks.begin()));
}

void LocalWorld::break_off(Mailbox::Clock::time_point start, int peer, bool sending) {
  const bool deadline = !hub_->failed();
  const double seconds = std::chrono::duration<double>(Mailbox::Clock::now() - start).count();
  const std::string report = WaitReport{rank_, peer, sending, seconds}.text(activity_);
  hub_->add_report(rank_, report, deadline);
  hub_->fail(rank_);
  // The exception is about to take down what the transfers point at.
  for (LocalCommunicator* communicator : communicators_) communicator->withdraw_all();
  if (deadline) throw RunError(report);
  throw RunError(fmt::format("rank {} failed; {}", hub_->first(), report));
}

LocalCommunicator::LocalCommunicator(LocalWorld& world, std::shared_ptr<LocalGroup> group, int rank)
    : world_(&world), group_(std::move(group)), rank_(rank), transfers_(kTransfers), free_(kTransfers) {
  std::iota(free_.rbegin(), free_.rend(), 0);
  world_->communicators_.push_back(this);
}

LocalCommunicator::~LocalCommunicator() {
  withdraw_all();
  std::erase(world_->communicators_, this);
}

Ticket LocalCommunicator::send(int peer, std::span<const std::byte> bytes) {
  return post(peer, true, bytes.data(), nullptr, bytes.size());
}

Ticket LocalCommunicator::receive(int peer, std::span<std::byte> bytes) {
  return post(peer, false, nullptr, bytes.data(), bytes.size());
}

Ticket LocalCommunicator::post(int peer, bool sending, const std::byte* from, std::byte* to, std::size_t size) {
  check(peer >= 0 && peer < this->size(), "a transfer names a rank outside its group");
  check(!free_.empty(), "too many transfers are under way");
  const Ticket ticket = free_.back();
  free_.pop_back();
  Transfer& transfer = transfers_[static_cast<std::size_t>(ticket)];
  transfer.from = from;
  transfer.to = to;
  transfer.size = size;
  transfer.sending = sending;
  transfer.peer = peer;
  transfer.owner = &world_->hub_->mailbox(world_->rank_);
  transfer.complete.store(false, std::memory_order_relaxed);
  link(transfer).post(transfer);
  return ticket;
}

bool LocalCommunicator::done(Ticket ticket) {
  if (transfer(ticket).complete.load(std::memory_order_acquire)) return true;
  if (world_->hub_->failed()) throw RunError(fmt::format("rank {} failed", world_->hub_->first()));
  return false;
}

void LocalCommunicator::wait(Ticket ticket) {
  Transfer& awaited = transfer(ticket);
  if (!awaited.complete.load(std::memory_order_acquire)) {
    const Mailbox::Clock::time_point start = Mailbox::Clock::now();
    const auto limit =
        std::chrono::duration_cast<Mailbox::Clock::duration>(std::chrono::duration<double>(world_->timeout_));
    awaited.owner->wait_until(
        start + limit, [&] { return awaited.complete.load(std::memory_order_acquire) || world_->hub_->failed(); });
    if (!awaited.complete.load(std::memory_order_acquire)) {
      world_->break_off(start, group_->ranks()[static_cast<std::size_t>(awaited.peer)], awaited.sending);
    }
  }
  free_.push_back(ticket);
}

void LocalCommunicator::abandon(Ticket ticket) {
  Transfer& abandoned = transfer(ticket);
  if (!abandoned.complete.load(std::memory_order_acquire)) link(abandoned).withdraw(abandoned);
  free_.push_back(ticket);
}

void LocalCommunicator::withdraw_all() {
  for (Transfer& each : transfers_) {
    if (each.owner != nullptr && !each.complete.load(std::memory_order_acquire)) link(each).withdraw(each);
  }
}

Transfer& LocalCommunicator::transfer(Ticket ticket) { return transfers_[static_cast<std::size_t>(ticket)]; }

Link& LocalCommunicator::link(const Transfer& transfer) {
  return transfer.sending ? group_->link(rank_, transfer.peer) : group_->link(transfer.peer, rank_);
}

}  // namespace triaxis
