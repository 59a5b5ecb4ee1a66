#include "schedule/search/progress.h"

#include <algorithm>

namespace triaxis {

using enum ActionKind;

Progress::Progress(const SearchProblem& problem)
    : problem_(problem),
      stages_(static_cast<std::size_t>(problem.stages)),
      forward_arrivals_(stages_.size() * static_cast<std::size_t>(problem.microbatches)),
      backward_arrivals_(forward_arrivals_.size()) {
  const auto ranks = static_cast<std::size_t>(problem.ranks);
  if (problem.transfer > 0) channel_free_.resize(ranks * ranks);
}

void Progress::restart() {
  std::fill(stages_.begin(), stages_.end(), Stage{});
  stages_.front().arrived = problem_.microbatches;
  std::fill_n(forward_arrivals_.begin(), problem_.microbatches, 0.0);
}

void Progress::free_channels() { std::fill(channel_free_.begin(), channel_free_.end(), 0); }

Progress::Delivery Progress::finish(ActionKind kind, int stage, double end) {
  Stage& own = stages_[static_cast<std::size_t>(stage)];
  if (kind == kBackwardWeight) {
    ++own.weights;
    return {};
  }
  if (kind == kForward) {
    const int microbatch = own.forwards++;
    if (stage + 1 < problem_.stages) {
      ++stages_[static_cast<std::size_t>(stage) + 1].arrived;
      return deliver(end, stage, stage + 1, forward_arrivals_[slot(stage + 1, microbatch)]);
    }
    backward_arrivals_[slot(stage, microbatch)] = end;
    ++own.gradients;
    return {};
  }
  const int microbatch = own.inputs++;
  if (stage == 0) return {};
  ++stages_[static_cast<std::size_t>(stage) - 1].gradients;
  return deliver(end, stage, stage - 1, backward_arrivals_[slot(stage - 1, microbatch)]);
}

Progress::Delivery Progress::deliver(double made, int from, int to, double& arrival) {
  const int source = problem_.rank_of(from);
  const int destination = problem_.rank_of(to);
  arrival = made;
  if (source == destination) return {};
  if (problem_.transfer > 0) {
    double& free = channel_free_[static_cast<std::size_t>(source * problem_.ranks + destination)];
    free = std::max(free, made) + problem_.transfer;
    arrival = free;
  }
  arrival += problem_.send;
  return {destination, arrival};
}

}  // namespace triaxis
