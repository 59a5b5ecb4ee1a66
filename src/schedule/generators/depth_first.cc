#include "schedule/generators/depth_first.h"

#include <algorithm>

namespace triaxis {
namespace {

/// Goes through what a rank does of one kind.
class Cursor {
 public:
  Cursor(const ScheduleRequest& request, int rank, Lead lead) : request_(request), rank_(rank), lead_(lead) {}

  bool done() const { return group_start() >= request_.microbatches; }
  int turn() const { return number_ - lead_.turns; }

  Action action() const {
    const int chunk = number_ / request_.ranks % request_.stages_per_rank;
    const bool forward = lead_.kind == ActionKind::kForward;
    const int stage = rank_ + request_.ranks * (forward ? chunk : request_.stages_per_rank - 1 - chunk);
    return make_action(lead_.kind, stage, microbatch());
  }

  void advance() {
    ++number_;
    if (microbatch() < request_.microbatches) return;
    const int of_group = number_ % request_.ranks;
    if (of_group != 0) number_ += request_.ranks - of_group;
  }

 private:
  int group_start() const { return number_ / (request_.ranks * request_.stages_per_rank) * request_.ranks; }
  int microbatch() const { return group_start() + number_ % request_.ranks; }

  ScheduleRequest request_;
  int rank_;
  Lead lead_;
  int number_ = 0;  // in the order of whole groups
};

}  // namespace

void fill_depth_first(const ScheduleRequest& request, int rank, const std::vector<Lead>& leads,
                      std::vector<Action>& row) {
  std::vector<Cursor> cursors;
  for (const Lead lead : leads) cursors.emplace_back(request, rank, lead);
  while (!cursors.empty()) {
    const auto next = std::min_element(cursors.begin(), cursors.end(),
                                       [](const Cursor& a, const Cursor& b) { return a.turn() < b.turn(); });
    row.push_back(next->action());
    next->advance();
    if (next->done()) cursors.erase(next);
  }
}

}  // namespace triaxis
