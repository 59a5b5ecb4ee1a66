#include "runtime/reduction.h"

#include <algorithm>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::string_view kEmbeddingEnd = "embedding.token.weight";
constexpr std::string_view kHeadEnd = "head.weight";

std::span<std::byte> bytes_of(const View& view) { return {static_cast<std::byte*>(view.data), view.bytes()}; }

const View& gradient_of(const ParameterStore& store, std::string_view name) {
  return store.units()[static_cast<std::size_t>(store.unit(name))].gradients.front();
}

/// `then(part)` for consecutive parts of at most kBucket elements.
template <typename Then>
void for_buckets(const View& tensor, Then then) {
  const View flat = tensor.reshape({tensor.size()});
  for (std::int64_t first = 0; first < flat.size(); first += Reduction::kBucket) {
    then(flat.rows(first, std::min(Reduction::kBucket, flat.size() - first)));
  }
}

}  // namespace

std::size_t Reduction::footprint(DType dtype, int data_ranks, bool data, bool tie) {
  return (data ? OrderedSum::footprint(dtype, kBucket, data_ranks) : 0) + (tie ? Arena::footprint(dtype, kBucket) : 0);
}

Reduction::Reduction(Stream& stream, const Kernels& kernels, Arena& arena, std::vector<ParameterStore*> stores,
                     Communicator* data, Communicator* tie, const std::optional<TieEnds>& ends)
    : stream_(stream),
      kernels_(kernels),
      stores_(std::move(stores)),
      tie_(tie),
      ends_(ends),
      reduced_(stores_.size(), false) {
  if (data != nullptr) data_.emplace(*data, kernels, arena, kBucket);
  if (tie != nullptr) incoming_ = arena.allocate(kernels.dtype, {kBucket});
}

void Reduction::start_step() { std::fill(reduced_.begin(), reduced_.end(), false); }

void Reduction::run(int stage) {
  reduce_data(stores_[static_cast<std::size_t>(stage)]->flat_gradients());
  reduced_[static_cast<std::size_t>(stage)] = true;
  if (ends_) reduce_tie(stage);
}

void Reduction::reduce_data(const View& gradients) {
  const View sum = sum_leaves(stream_, kernels_, gradients);
  if (!data_) return;
  for_buckets(sum, [&](const View& bucket) { data_->all_reduce(stream_, bucket); });
}

void Reduction::reduce_tie(int stage) {
  const TieEnds& ends = *ends_;
  if (stage != ends.first_stage && stage != ends.last_stage) return;
  if (ends.first_stage < 0)
    return exchange(gradient_of(*stores_[static_cast<std::size_t>(stage)], kHeadEnd), ends.first_peer);
  if (ends.last_stage < 0)
    return exchange(gradient_of(*stores_[static_cast<std::size_t>(stage)], kEmbeddingEnd), ends.last_peer);
  // Both ends are here: the second to be reduced brings them together.
  if (!reduced_[static_cast<std::size_t>(ends.first_stage)] || !reduced_[static_cast<std::size_t>(ends.last_stage)])
    return;
  const View& embedding = gradient_of(*stores_[static_cast<std::size_t>(ends.first_stage)], kEmbeddingEnd);
  const View& head = gradient_of(*stores_[static_cast<std::size_t>(ends.last_stage)], kHeadEnd);
  kernels_.add(stream_, embedding, head, embedding);
  kernels_.copy(stream_, embedding, head);
}

// Two summands: each side adds the other's, and a sum of two is the same in either order.
void Reduction::exchange(const View& gradient, int peer) {
  check(tie_ != nullptr, "a tie to another rank needs a communicator");
  for_buckets(gradient, [&](const View& bucket) {
    const View incoming = incoming_.rows(0, bucket.size());
    const Ticket receiving = tie_->receive(peer, bytes_of(incoming));
    const Ticket sending = tie_->send(peer, bytes_of(bucket));
    tie_->wait(receiving);
    tie_->wait(sending);
    kernels_.add(stream_, bucket, incoming, bucket);
  });
}

}  // namespace triaxis
