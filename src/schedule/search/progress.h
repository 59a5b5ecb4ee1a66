// How far the microbatches of a search have come, for what makes rows as for what times them.
#pragma once

#include <cstdint>
#include <vector>

#include "schedule/search/problem.h"

namespace triaxis {

/// Of each stage, which F, I and W are done, and when the tensors that the next ones need are there.
class Progress {
 public:
  struct Stage {
    int forwards = 0;
    int inputs = 0;
    int weights = 0;
    int arrived = 0;    // inputs of F that are on their way or there
    int gradients = 0;  // inputs of I
  };

  /// A tensor that goes to another rank.
  struct Delivery {
    int rank = -1;  // -1: nothing leaves the rank
    double time = 0;
  };

  /// VALID UNTIL: the problem goes.
  explicit Progress(const SearchProblem& problem);

  /// Back to where all microbatches wait at stage 0. What occupies channels stays.
  void restart();
  void free_channels();

  const Stage& stage(int stage) const { return stages_[static_cast<std::size_t>(stage)]; }

  /// When the next F, or the next I, of the stage has what it needs. REQUIRES: that has been made.
  double forward_ready(int stage) const { return forward_arrivals_[slot(stage, this->stage(stage).forwards)]; }
  double input_ready(int stage) const { return backward_arrivals_[slot(stage, this->stage(stage).inputs)]; }

  /// Counts the stage's next action of the kind, which ends then. RETURNS: what leaves the rank.
  Delivery finish(ActionKind kind, int stage, double end);

 private:
  Delivery deliver(double made, int from, int to, double& arrival);
  std::size_t slot(int stage, int microbatch) const {
    return static_cast<std::size_t>(stage) * static_cast<std::size_t>(problem_.microbatches) +
           static_cast<std::size_t>(microbatch);
  }

  const SearchProblem& problem_;
  std::vector<Stage> stages_;
  std::vector<double> forward_arrivals_;   // [stage, microbatch], of what F needs
  std::vector<double> backward_arrivals_;  // [stage, microbatch], of what I needs
  std::vector<double> channel_free_;       // [source, destination]; if transfer > 0
};

}  // namespace triaxis
