#include "comm/channel.h"

#include <fmt/format.h>

#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::int64_t kHeaderBytes = 64;  // a whole alignment unit, so that the payload is aligned too
static_assert(sizeof(MessageHeader) <= kHeaderBytes);

/// Elements of `dtype` that hold a header and `elements` more.
std::int64_t message_elements(DType dtype, std::int64_t elements) {
  return kHeaderBytes / static_cast<std::int64_t>(size_of(dtype)) + elements;
}

std::vector<MessageBuffer> make_buffers(Arena& arena, DType dtype, std::span<const std::int64_t> shape, int count) {
  const std::int64_t elements = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  std::vector<MessageBuffer> buffers(static_cast<std::size_t>(count));
  for (MessageBuffer& buffer : buffers) {
    buffer.message = arena.allocate(dtype, {message_elements(dtype, elements)});
    buffer.payload = View(static_cast<std::byte*>(buffer.message.data) + kHeaderBytes, dtype, shape);
  }
  return buffers;
}

std::span<std::byte> bytes_of(const View& view) { return {static_cast<std::byte*>(view.data), view.bytes()}; }

void wait_for(Communicator& communicator, MessageBuffer& buffer) {
  if (buffer.ticket == kNoTicket) return;
  communicator.wait(buffer.ticket);
  buffer.ticket = kNoTicket;
}

void abandon_all(Communicator& communicator, std::vector<MessageBuffer>& buffers) {
  for (MessageBuffer& buffer : buffers) {
    if (buffer.ticket != kNoTicket) communicator.abandon(buffer.ticket);
  }
}

std::string describe(const MessageHeader& header) {
  return fmt::format("kind {} stage {} microbatch {} step {}", header.kind, header.stage, header.microbatch,
                     header.step);
}

}  // namespace

SendChannel::SendChannel(Communicator& communicator, int peer, Arena& arena, DType dtype,
                         std::span<const std::int64_t> shape)
    : communicator_(&communicator), peer_(peer), buffers_(make_buffers(arena, dtype, shape, kBuffers)) {}

SendChannel::~SendChannel() { abandon_all(*communicator_, buffers_); }

std::size_t SendChannel::footprint(DType dtype, std::int64_t elements) {
  return kBuffers * Arena::footprint(dtype, message_elements(dtype, elements));
}

View SendChannel::acquire(int buffer) {
  MessageBuffer& chosen = buffers_[static_cast<std::size_t>(buffer)];
  wait_for(*communicator_, chosen);
  return chosen.payload;
}

void SendChannel::post(int buffer, const MessageHeader& header) {
  MessageBuffer& chosen = buffers_[static_cast<std::size_t>(buffer)];
  check(chosen.ticket == kNoTicket, "a send buffer is posted without being acquired");
  std::memcpy(chosen.message.data, &header, sizeof header);
  chosen.ticket = communicator_->send(peer_, bytes_of(chosen.message));
}

void SendChannel::drain() {
  for (MessageBuffer& buffer : buffers_) wait_for(*communicator_, buffer);
}

ReceiveChannel::ReceiveChannel(Communicator& communicator, int peer, Arena& arena, DType dtype,
                               std::span<const std::int64_t> shape, int depth)
    : communicator_(&communicator), peer_(peer), buffers_(make_buffers(arena, dtype, shape, depth)) {}

ReceiveChannel::~ReceiveChannel() { abandon_all(*communicator_, buffers_); }

std::size_t ReceiveChannel::footprint(DType dtype, std::int64_t elements, int depth) {
  return static_cast<std::size_t>(depth) * Arena::footprint(dtype, message_elements(dtype, elements));
}

void ReceiveChannel::post(int buffer) {
  MessageBuffer& chosen = buffers_[static_cast<std::size_t>(buffer)];
  check(chosen.ticket == kNoTicket, "a receive buffer is posted twice");
  chosen.ticket = communicator_->receive(peer_, bytes_of(chosen.message));
}

View ReceiveChannel::take(int buffer, const MessageHeader& expected) {
  MessageBuffer& chosen = buffers_[static_cast<std::size_t>(buffer)];
  check(chosen.ticket != kNoTicket, "a message is taken that no receive was posted for");
  wait_for(*communicator_, chosen);
  MessageHeader header;
  std::memcpy(&header, chosen.message.data, sizeof header);
  if (header != expected) {
    check(false, fmt::format("rank {} of the group sent {} where {} was expected", peer_, describe(header),
                             describe(expected)));
  }
  return chosen.payload;
}

}  // namespace triaxis
