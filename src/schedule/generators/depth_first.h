// The order of Megatron-LM's interleaved schedule (Narayanan et al. 2021, arXiv:2104.04473): stage s stands on rank
// s mod p, microbatches go in groups of p, and a group passes all stages of a rank before the next one enters; forwards
// from the rank's first stage, backwards from its last.
#pragma once

#include "schedule/registry.h"

namespace triaxis {

/// Numbers what a rank does of one kind, in order. The last group counts as a whole one; RowWriter leaves out what is
/// not there.
class DepthFirst {
 public:
  DepthFirst(const ScheduleRequest& request, int rank)
      : ranks_(request.ranks), stages_per_rank_(request.stages_per_rank), rank_(rank) {
    const int groups = (request.microbatches + ranks_ - 1) / ranks_;
    size_ = groups * ranks_ * stages_per_rank_;
  }

  int size() const { return size_; }
  int forward_stage(int k) const { return rank_ + ranks_ * chunk(k); }
  int backward_stage(int k) const { return rank_ + ranks_ * (stages_per_rank_ - 1 - chunk(k)); }
  int microbatch(int k) const { return k / (ranks_ * stages_per_rank_) * ranks_ + k % ranks_; }

 private:
  int chunk(int k) const { return k / ranks_ % stages_per_rank_; }

  int ranks_;
  int stages_per_rank_;
  int rank_;
  int size_;
};

}  // namespace triaxis
