// What the ranks of a local job share: their mailboxes, the groups' links and the first failure.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "comm/local/link.h"
#include "comm/local/mailbox.h"

namespace triaxis {

/// The links of one group.
class LocalGroup {
 public:
  explicit LocalGroup(std::span<const int> ranks) : ranks_(ranks.begin(), ranks.end()), links_(size() * size()) {}

  std::size_t size() const { return ranks_.size(); }
  const std::vector<int>& ranks() const { return ranks_; }
  /// The FIFO from member `from` to member `to`.
  Link& link(int from, int to) {
    return links_[static_cast<std::size_t>(from) * size() + static_cast<std::size_t>(to)];
  }

 private:
  std::vector<int> ranks_;
  std::vector<Link> links_;
};

/// Safe to use from every rank's thread.
class LocalHub {
 public:
  explicit LocalHub(int ranks)
      : mailboxes_(static_cast<std::size_t>(ranks)), reports_(mailboxes_.size()), late_(mailboxes_.size()) {}

  int ranks() const { return static_cast<int>(mailboxes_.size()); }
  Mailbox& mailbox(int rank) { return mailboxes_[static_cast<std::size_t>(rank)]; }

  /// Group number `number` in the order of creation, made by the first rank that asks. Throws std::logic_error where
  /// ranks disagree about its members.
  std::shared_ptr<LocalGroup> group(std::size_t number, std::span<const int> ranks);

  /// Marks the job as failed by `rank`, unless another was first, and wakes everybody.
  void fail(int rank);
  bool failed() const { return first() != kNobody; }
  /// The rank that failed first.
  int first() const { return first_.load(std::memory_order_acquire); }

  /// Keeps what a rank was waiting for when its wait was broken off, by its deadline or by another's failure.
  void add_report(int rank, std::string report, bool deadline);
  /// Those reports by rank, empty where there is none; nothing at all if the failure was not a deadline's.
  std::vector<std::string> deadline_reports() const;

 private:
  static constexpr int kNobody = -1;

  std::vector<Mailbox> mailboxes_;
  std::atomic<int> first_ = kNobody;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<LocalGroup>> groups_;
  std::vector<std::string> reports_;
  std::vector<bool> late_;  // the ranks that passed their own deadline
};

}  // namespace triaxis
