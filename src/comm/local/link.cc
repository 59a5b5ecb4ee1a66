#include "comm/local/link.h"

#include <cstring>

#include "base/error.h"
#include "comm/local/mailbox.h"

namespace triaxis {
namespace {

void complete(Transfer& transfer) {
  Mailbox* owner = transfer.owner;  // the transfer is its owner's again as soon as the flag is up
  transfer.complete.store(true, std::memory_order_release);
  owner->wake();
}

}  // namespace

void Link::Queue::push(Transfer& transfer) {
  transfer.next = nullptr;
  (head == nullptr ? head : tail->next) = &transfer;
  tail = &transfer;
}

Transfer* Link::Queue::pop() {
  Transfer* first = head;
  if (first != nullptr) head = first->next;
  return first;
}

void Link::Queue::remove(const Transfer& transfer) {
  Transfer* previous = nullptr;
  for (Transfer* at = head; at != nullptr; previous = at, at = at->next) {
    if (at != &transfer) continue;
    (previous == nullptr ? head : previous->next) = at->next;
    if (tail == at) tail = previous;
    return;
  }
}

void Link::post(Transfer& transfer) {
  const std::lock_guard lock(mutex_);
  Transfer* other = side(!transfer.sending).pop();
  if (other == nullptr) return side(transfer.sending).push(transfer);
  check(other->size == transfer.size, "the two ends of a message differ in size");
  const std::byte* from = transfer.sending ? transfer.from : other->from;
  std::byte* to = transfer.sending ? other->to : transfer.to;
  if (transfer.size > 0) std::memcpy(to, from, transfer.size);
  complete(*other);
  transfer.complete.store(true, std::memory_order_release);  // its owner is here: nobody to wake
}

void Link::withdraw(Transfer& transfer) {
  const std::lock_guard lock(mutex_);
  side(transfer.sending).remove(transfer);
}

}  // namespace triaxis
