// The only place that adds across shards, groups or ranks: one aligned binary tree, whatever the cut into ranks.
//
// Leaf i is logical shard (or group) i. Level by level neighbours (0,1), (2,3), ... are added, an odd last one passes
// up. A rank holds a power of two of consecutive leaves, so its own leaves are a whole subtree and the tree over ranks
// is the same tree's upper part.
#pragma once

#include <cstdint>

#include "comm/communicator.h"
#include "tensor/arena.h"
#include "tensor/kernels.h"

namespace triaxis {

/// Adds the leaves of `parts` [leaves, ...] in tree order. The sum is left in parts[0]; the others are consumed.
/// RETURNS: parts[0].
View sum_leaves(Stream& stream, const Kernels& kernels, const View& parts);

/// Sums over the ranks of a group. Owners receive the other members' pieces, add them in tree order and hand the sums
/// round, each rank moving 2 (n-1)/n of the tensor, as in a ring. Does not allocate after construction.
class OrderedSum {
 public:
  /// For tensors of up to `max_elements` of `dtype`. `arena` must have `footprint` bytes left.
  OrderedSum(Communicator& communicator, const Kernels& kernels, Arena& arena, std::int64_t max_elements);
  static std::size_t footprint(DType dtype, std::int64_t max_elements, int ranks);

  /// x becomes the sum of all ranks' x. The same bits on every rank. COLLECTIVE OVER: the group.
  void all_reduce(Stream& stream, const View& x);
  /// x becomes the elementwise maximum.
  void all_reduce_max(Stream& stream, const View& x);
  /// This rank's piece of x, [first, first + count) of `piece`, becomes the sum; the rest of x is undefined.
  void reduce_scatter(Stream& stream, const View& x);
  /// x's pieces, each valid on its owner, become valid everywhere.
  void all_gather(Stream& stream, const View& x);
  /// The elements of a tensor of `elements` that `rank` owns: [first, last).
  struct Piece {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  Piece piece(std::int64_t elements, int rank) const;

  Communicator& communicator() { return *communicator_; }

 private:
  Communicator* communicator_;
  const Kernels* kernels_;
  View scratch_;  // the other members' pieces of what this rank owns
};

}  // namespace triaxis
