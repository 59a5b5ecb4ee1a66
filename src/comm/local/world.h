// One rank of a local job, as the rank sees it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/local/hub.h"
#include "comm/wait_report.h"

namespace triaxis {

class LocalCommunicator;

/// REQUIRES: the hub outlives it, and it outlives its communicators.
class LocalWorld : public World {
 public:
  LocalWorld(LocalHub& hub, int rank) : hub_(&hub), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return hub_->ranks(); }
  std::vector<int> ranks_here() const override;
  std::unique_ptr<Communicator> group(std::span<const int> ranks) override;
  void set_activity(std::function<std::string()> activity) override { activity_ = std::move(activity); }
  void set_timeout(double seconds) override { timeout_ = seconds; }

 private:
  friend class LocalCommunicator;

  /// Breaks off a wait that began at `start`: no other rank touches this rank's bytes any more. Throws RunError.
  [[noreturn]] void break_off(Mailbox::Clock::time_point start, int peer, bool sending);

  LocalHub* hub_;
  int rank_;
  std::size_t groups_ = 0;
  std::vector<LocalCommunicator*> communicators_;
  std::function<std::string()> activity_;
  double timeout_ = kDefaultTimeout;
};

class LocalCommunicator : public Communicator {
 public:
  LocalCommunicator(LocalWorld& world, std::shared_ptr<LocalGroup> group, int rank);
  ~LocalCommunicator() override;
  LocalCommunicator(const LocalCommunicator&) = delete;
  LocalCommunicator& operator=(const LocalCommunicator&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(group_->size()); }
  Ticket send(int peer, std::span<const std::byte> bytes) override;
  Ticket receive(int peer, std::span<std::byte> bytes) override;
  bool done(Ticket ticket) override;
  void wait(Ticket ticket) override;
  void abandon(Ticket ticket) override;

  /// Takes back everything incomplete.
  void withdraw_all();

 private:
  Ticket post(int peer, bool sending, const std::byte* from, std::byte* to, std::size_t size);
  Transfer& transfer(Ticket ticket);
  Link& link(const Transfer& transfer);

  LocalWorld* world_;
  std::shared_ptr<LocalGroup> group_;
  int rank_;
  std::vector<Transfer> transfers_;
  std::vector<Ticket> free_;
};

}  // namespace triaxis
