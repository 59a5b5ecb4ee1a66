#include "comm/ordered_sum.h"

#include <algorithm>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::int64_t kAlign = 16;    // elements: pieces start on cache lines
constexpr std::int64_t kSmall = 4096;  // elements: below, the number of rounds costs more than the bytes

std::int64_t piece_size(std::int64_t elements, int ranks) {
  const std::int64_t even = (elements + ranks - 1) / ranks;
  return (even + kAlign - 1) / kAlign * kAlign;
}

/// Elements of the scratch of one rank's leaf.
std::int64_t slot_size(std::int64_t max_elements, int ranks) {
  return std::max(piece_size(max_elements, ranks), piece_size(std::min(max_elements, kSmall), 1));
}

/// Calls combine(i, j) for every addition of the tree over `leaves` leaves: leaf j is added into leaf i. Nodes of a
/// level lie at the multiples of its stride, so the neighbour of i is i + stride, and an odd last one has none.
template <typename Combine>
void climb(std::int64_t leaves, Combine&& combine) {
  for (std::int64_t stride = 1; stride < leaves; stride *= 2) {
    for (std::int64_t i = 0; i + stride < leaves; i += 2 * stride) combine(i, i + stride);
  }
}

View flattened(const View& x) { return x.reshape({x.size()}); }

View part(const View& x, OrderedSum::Piece piece) { return x.rows(piece.first, piece.size()); }

std::span<std::byte> bytes_of(const View& x) { return {static_cast<std::byte*>(x.data), x.bytes()}; }

}  // namespace

View sum_leaves(Stream& stream, const Kernels& kernels, const View& parts) {
  climb(parts.dim(0), [&](std::int64_t i, std::int64_t j) { kernels.add(stream, parts[i], parts[j], parts[i]); });
  return parts[0];
}

OrderedSum::OrderedSum(Communicator& communicator, const Kernels& kernels, Arena& arena, std::int64_t max_elements)
    : communicator_(&communicator), kernels_(&kernels) {
  const int ranks = communicator.size();
  if (ranks == 1) return;
  scratch_ = arena.allocate(kernels.dtype, {ranks, slot_size(max_elements, ranks)});
  underway_.reserve(2 * static_cast<std::size_t>(ranks));
}

std::size_t OrderedSum::footprint(DType dtype, std::int64_t max_elements, int ranks) {
  return ranks == 1 ? 0 : Arena::footprint(dtype, ranks * slot_size(max_elements, ranks));
}

OrderedSum::Piece OrderedSum::piece(std::int64_t elements, int rank) const {
  const std::int64_t size = piece_size(elements, communicator_->size());
  return {std::min(rank * size, elements), std::min((rank + 1) * size, elements)};
}

void OrderedSum::all_reduce(Stream& stream, const View& x) { combine_everywhere(stream, x, kernels_->add); }

void OrderedSum::all_reduce_max(Stream& stream, const View& x) { combine_everywhere(stream, x, kernels_->maximum); }

void OrderedSum::reduce_scatter(Stream& stream, const View& x) { combine_pieces(stream, x, kernels_->add); }

void OrderedSum::all_gather(Stream& /*stream*/, const View& x) {
  const View flat = flattened(x);
  const View own = part(flat, piece(flat.size(), communicator_->rank()));
  exchange([&](int from) { return part(flat, piece(flat.size(), from)); }, [&](int) { return own; });
}

void OrderedSum::combine_everywhere(Stream& stream, const View& x, Combine combine) {
  if (x.size() > kSmall) {
    combine_pieces(stream, x, combine);
    all_gather(stream, x);
    return;
  }
  const View flat = flattened(x);
  exchange([&](int from) { return received(from, flat.size()); }, [&](int) { return flat; });
  combine_leaves(stream, flat, combine);
}

void OrderedSum::combine_pieces(Stream& stream, const View& x, Combine combine) {
  const View flat = flattened(x);
  const View own = part(flat, piece(flat.size(), communicator_->rank()));
  exchange([&](int from) { return received(from, own.size()); },
           [&](int to) { return part(flat, piece(flat.size(), to)); });
  combine_leaves(stream, own, combine);
}

void OrderedSum::combine_leaves(Stream& stream, const View& own, Combine combine) {
  if (own.size() == 0) return;
  const auto leaf = [&](std::int64_t of) {
    return of == communicator_->rank() ? own : received(static_cast<int>(of), own.size());
  };
  const int ranks = communicator_->size();
  climb(ranks, [&](std::int64_t i, std::int64_t j) {
    const bool root = i == 0 && 2 * j >= ranks;
    combine(stream, leaf(i), leaf(j), root ? own : leaf(i));
  });
}

template <typename Incoming, typename Outgoing>
void OrderedSum::exchange(Incoming&& incoming, Outgoing&& outgoing) {
  const int ranks = communicator_->size();
  const int rank = communicator_->rank();
  underway_.clear();
  for (int i = 1; i < ranks; ++i) {
    const int from = (rank + ranks - i) % ranks;
    const View x = incoming(from);
    if (x.size() > 0) underway_.push_back(communicator_->receive(from, bytes_of(x)));
  }
  for (int i = 1; i < ranks; ++i) {
    const int to = (rank + i) % ranks;
    const View x = outgoing(to);
    if (x.size() > 0) underway_.push_back(communicator_->send(to, bytes_of(x)));
  }
  for (const Ticket ticket : underway_) communicator_->wait(ticket);
}

}  // namespace triaxis
