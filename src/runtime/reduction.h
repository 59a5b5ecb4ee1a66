// REDUCE_GRAD: a stage's gradients over data, then over its tie.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "comm/ordered_sum.h"
#include "parameters/store.h"

namespace triaxis {

/// Where the two ends of the model's tie are, as one rank sees it. A tie within one stage has `first` and `last` there
/// and no peer.
struct TieEnds {
  int first_stage = -1;  ///< place among this rank's stages of the stage with the embedding; -1: elsewhere
  int last_stage = -1;   ///< the same for the head
  int first_peer = 0;    ///< rank in the tie's communicator that has the embedding
  int last_peer = 0;
};

class Reduction {
 public:
  /// Elements that are reduced at once. A bucket's size changes no bit.
  static constexpr std::int64_t kBucket = std::int64_t{1} << 20;

  /// `stores` are this rank's, one a stage. `data` is null where the axis has degree 1; `tie` where no other rank has
  /// an end.
  Reduction(Stream& stream, const Kernels& kernels, Arena& arena, std::vector<ParameterStore*> stores,
            Communicator* data, Communicator* tie, const std::optional<TieEnds>& ends);
  static std::size_t footprint(DType dtype, int data_ranks, bool data, bool tie);

  void start_step();
  /// Afterwards gradient 0 of every unit of the stage is the sum over all data groups; once both ends of a tie are
  /// reduced, also over the tie. COLLECTIVE OVER: the data axis, and the two ranks of a tie.
  void run(int stage);

 private:
  void reduce_data(const View& gradients);
  void reduce_tie(int stage);
  void exchange(const View& gradient, int peer);

  Stream& stream_;
  const Kernels& kernels_;
  std::vector<ParameterStore*> stores_;
  std::optional<OrderedSum> data_;
  Communicator* tie_;
  std::optional<TieEnds> ends_;
  View incoming_;
  std::vector<bool> reduced_;
};

}  // namespace triaxis
