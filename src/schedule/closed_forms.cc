#include "schedule/closed_forms.h"

#include <algorithm>

namespace triaxis {
namespace {

double whole(const StageCosts& costs) { return costs.forward + costs.backward_input + costs.backward_weight; }

/// The microbatches that the last group of p lacks.
int lacking(const ScheduleRequest& r) {
  const int last_group = r.microbatches % r.ranks;
  return last_group == 0 ? 0 : r.ranks - last_group;
}

int fewer_than(int wanted, const ScheduleRequest& r) { return std::max(0, wanted - r.microbatches); }

/// Of a V's rank: what it holds of at most m microbatches in each of its two stages.
int of_two_stages(int bound, const ScheduleRequest& r) { return std::min(bound, 2 * r.microbatches); }

/// `gap` is what the ends of one group cost in backwards. A further group costs as much again of what a backward is
/// longer than a forward, since the slots are of one length; and a group that lacks microbatches leaves their slots
/// empty.
double alternating_bubble(const ScheduleRequest& r, const StageCosts& costs, int gap, double empty) {
  const double backward = costs.backward_input + costs.backward_weight;
  const int groups = (r.microbatches + r.ranks - 1) / r.ranks;
  return gap * (backward + (groups - 1) * (backward - costs.forward)) + lacking(r) * empty;
}

/// With a pair as long as its two, and B = I + W.
double two_way_bubble(int ranks, const StageCosts& costs) {
  const double backward = costs.backward_input + costs.backward_weight;
  return (ranks - 1) * (costs.forward + 2 * backward - 3 * costs.backward_weight);
}

}  // namespace

bool always(const ScheduleRequest& /*request*/) { return true; }
bool never(const ScheduleRequest& /*request*/) { return false; }
bool whole_groups(const ScheduleRequest& r) { return lacking(r) == 0; }
bool whole_groups_or_one(const ScheduleRequest& r) { return whole_groups(r) || r.microbatches < r.ranks; }

double naive_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1) * r.microbatches * whole(costs);
}

double flush_bubble(const ScheduleRequest& r, const StageCosts& costs) { return (r.ranks - 1) * whole(costs); }

/// The pipeline fills once, and a last group of fewer than p microbatches leaves gaps at each further stage.
double interleaved_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1 + (r.stages_per_rank - 1) * lacking(r)) * whole(costs);
}

double bfs_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1 + (r.stages_per_rank - 1) * fewer_than(r.ranks, r)) * whole(costs);
}

double zb_h1_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1) * (costs.forward + costs.backward_input - costs.backward_weight) +
         fewer_than(r.ranks, r) * costs.forward;
}

double zb_h2_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1) * (costs.forward + costs.backward_input - 2 * costs.backward_weight) +
         fewer_than(2 * r.ranks - 1, r) * costs.forward;
}

double zb_v_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return fewer_than(2 * r.ranks - 1, r) * (costs.forward + costs.backward_input);
}

double v_half_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (3.5 * r.ranks - 3 + fewer_than(r.ranks, r)) * costs.forward;
}

double v_min_bubble(const ScheduleRequest& r, const StageCosts& costs) { return (4 * r.ranks - 3) * costs.forward; }

double interleaved_zb_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1) * (costs.forward + costs.backward_input - costs.backward_weight) +
         (2 * r.stages_per_rank - 1) * lacking(r) * costs.forward;
}

double chimera_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return alternating_bubble(r, costs, r.ranks - 2, whole(costs) / 2);
}

double hanayo_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return alternating_bubble(r, costs, 2 * (r.ranks - 1), (r.stages_per_rank - 1) * whole(costs));
}

double dualpipe_bubble(const ScheduleRequest& r, const StageCosts& costs) { return two_way_bubble(r.ranks / 2, costs); }

double dualpipev_bubble(const ScheduleRequest& r, const StageCosts& costs) { return two_way_bubble(r.ranks, costs); }

double no_bubble(const ScheduleRequest& /*request*/, const StageCosts& /*costs*/) { return 0; }

double forward_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1 + (r.stages_per_rank - 1) * lacking(r)) * costs.forward;
}

int one_activation(const ScheduleRequest& /*request*/, int /*rank*/) { return 1; }
int all_activations(const ScheduleRequest& r, int /*rank*/) { return r.microbatches; }
int activations_behind(const ScheduleRequest& r, int rank) { return std::min(r.ranks - rank, r.microbatches); }

int interleaved_peak(const ScheduleRequest& r, int rank) {
  return std::min(r.stages_per_rank * r.microbatches, (r.stages_per_rank - 1) * r.ranks + 2 * (r.ranks - 1 - rank) + 1);
}

int all_of_all_stages(const ScheduleRequest& r, int /*rank*/) { return r.stages_per_rank * r.microbatches; }
int zb_h1_peak(const ScheduleRequest& r, int /*rank*/) { return std::min(r.ranks, r.microbatches); }
int zb_h2_peak(const ScheduleRequest& r, int /*rank*/) { return std::min(2 * r.ranks - 1, r.microbatches); }
int zb_v_peak(const ScheduleRequest& r, int /*rank*/) { return of_two_stages(2 * r.ranks, r); }
int v_half_peak(const ScheduleRequest& r, int /*rank*/) { return of_two_stages(2 * ((r.ranks + 2) / 2), r); }
int v_min_peak(const ScheduleRequest& r, int /*rank*/) { return of_two_stages(2 * ((r.ranks + 4) / 3), r); }

int interleaved_zb_peak(const ScheduleRequest& r, int /*rank*/) {
  return r.stages_per_rank * std::min(r.ranks, r.microbatches);
}

int chimera_peak(const ScheduleRequest& r, int /*rank*/) { return std::min(r.ranks, r.microbatches); }
int hanayo_peak(const ScheduleRequest& r, int /*rank*/) {
  return r.stages_per_rank * std::min(r.ranks, r.microbatches);
}
int dualpipe_peak(const ScheduleRequest& r, int /*rank*/) { return r.ranks + 1; }
int dualpipev_peak(const ScheduleRequest& r, int /*rank*/) { return 2 * r.ranks + 1; }

int auto_peak(const ScheduleRequest& r, int /*rank*/) {
  return static_cast<int>(std::min(r.memory_limit, 1.0 * r.stages_per_rank * r.microbatches));
}

int zb_1p_peak(const ScheduleRequest& r, int /*rank*/) { return std::min(r.ranks, r.microbatches); }
int zb_2p_peak(const ScheduleRequest& r, int /*rank*/) { return std::min(2 * r.ranks, r.microbatches); }

/// By the rule stash: those of the microbatches under way. With several microbatches an update, fewer.
int pipedream_versions(const ScheduleRequest& r, int rank) { return r.ranks - rank; }
int two_versions(const ScheduleRequest& /*request*/, int /*rank*/) { return 2; }

}  // namespace triaxis
