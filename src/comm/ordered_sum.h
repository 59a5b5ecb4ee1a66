// The only place that adds across shards, groups or ranks: one aligned binary tree, whatever the cut into ranks.
//
// Leaf i is logical shard (or group) i. Level by level neighbours (0,1), (2,3), ... are added, an odd last one passes
// up. A rank holds a power of two of consecutive leaves, so its own leaves are a whole subtree and the tree over ranks
// is the same tree's upper part.
#pragma once

#include <cstdint>
#include <vector>

#include "comm/communicator.h"
#include "tensor/arena.h"
#include "tensor/kernels.h"

namespace triaxis {

/// Adds the leaves of `parts` [leaves, ...] in tree order. The sum is left in parts[0]; the others are consumed.
/// RETURNS: parts[0].
View sum_leaves(Stream& stream, const Kernels& kernels, const View& parts);

/// Sums over the ranks of a group. Owners receive the other members' pieces, add them in tree order and hand the sums
/// round, each rank moving 2 (n-1)/n of the tensor, as in a ring; small tensors go whole to everybody, which is one
/// round instead of two. Does not allocate after construction.
class OrderedSum {
 public:
  /// For tensors of up to `max_elements` of `kernels.dtype`. `arena` must have `footprint` bytes left.
  OrderedSum(Communicator& communicator, const Kernels& kernels, Arena& arena, std::int64_t max_elements);
  static std::size_t footprint(DType dtype, std::int64_t max_elements, int ranks);

  /// x becomes the sum of all ranks' x. The same bits on every rank. COLLECTIVE OVER: the group.
  void all_reduce(Stream& stream, const View& x);
  /// x becomes the elementwise maximum. COLLECTIVE OVER: the group.
  void all_reduce_max(Stream& stream, const View& x);
  /// This rank's piece of x becomes the sum; the rest of x is unchanged. COLLECTIVE OVER: the group.
  void reduce_scatter(Stream& stream, const View& x);
  /// x's pieces, each valid on its owner, become valid everywhere. COLLECTIVE OVER: the group.
  void all_gather(Stream& stream, const View& x);

  /// Elements [first, last) of a tensor.
  struct Piece {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t size() const { return last - first; }
  };
  /// The elements of a tensor of `elements` that `rank` owns.
  Piece piece(std::int64_t elements, int rank) const;

  Communicator& communicator() { return *communicator_; }

 private:
  using Combine = void (*)(Stream&, const View& a, const View& b, const View& y);

  void combine_everywhere(Stream& stream, const View& x, Combine combine);
  void combine_pieces(Stream& stream, const View& x, Combine combine);
  /// Combines `own` with what the other ranks sent, in tree order, into `own`.
  void combine_leaves(Stream& stream, const View& own, Combine combine);
  /// Posts one receive from and one send to every other rank, and waits for all. Both are called with a rank.
  template <typename Incoming, typename Outgoing>
  void exchange(Incoming&& incoming, Outgoing&& outgoing);
  /// Where the leaf of `elements` that `rank` sends here lies.
  View received(int rank, std::int64_t elements) const { return scratch_[rank].rows(0, elements); }

  Communicator* communicator_;
  const Kernels* kernels_;
  View scratch_;                  // [ranks, elements of a leaf]
  std::vector<Ticket> underway_;  // during an exchange
};

}  // namespace triaxis
