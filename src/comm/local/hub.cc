#include "comm/local/hub.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace triaxis {

std::shared_ptr<LocalGroup> LocalHub::group(std::size_t number, std::span<const int> ranks) {
  const std::lock_guard lock(mutex_);
  if (number == groups_.size()) groups_.push_back(std::make_shared<LocalGroup>(ranks));
  const std::shared_ptr<LocalGroup>& group = groups_[number];
  check(std::ranges::equal(group->ranks(), ranks), "the ranks ask for different groups");
  return group;
}

void LocalHub::fail(int rank) {
  int nobody = kNobody;
  if (!first_.compare_exchange_strong(nobody, rank, std::memory_order_acq_rel)) return;
  for (Mailbox& mailbox : mailboxes_) mailbox.wake();
}

void LocalHub::add_report(int rank, std::string report, bool deadline) {
  const std::lock_guard lock(mutex_);
  reports_[static_cast<std::size_t>(rank)] = std::move(report);
  late_[static_cast<std::size_t>(rank)] = deadline;
}

std::vector<std::string> LocalHub::deadline_reports() const {
  const std::lock_guard lock(mutex_);
  return failed() && late_[static_cast<std::size_t>(first())] ? reports_ : std::vector<std::string>();
}

}  // namespace triaxis
