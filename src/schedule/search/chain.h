// One microbatch alone in the pipeline.
#pragma once

#include <vector>

#include "schedule/search/problem.h"

namespace triaxis {

struct Chain {
  explicit Chain(const SearchProblem& problem);

  /// From the start of the stage's F to the end of its I.
  double round_trip(const SearchProblem& problem, int stage) const {
    return input_start[static_cast<std::size_t>(stage)] + problem.cost(ActionKind::kBackwardInput, stage) -
           forward_start[static_cast<std::size_t>(stage)];
  }

  std::vector<double> forward_start;  // [stage]
  std::vector<double> input_start;    // [stage], of I
  double end = 0;                     // of the I of stage 0
};

/// What the busiest rank works for one microbatch.
double longest_turn(const SearchProblem& problem);

}  // namespace triaxis
