// What schedules promise, in numbers: the closed forms and bounds of registry.h, one or two a row. p ranks, m
// microbatches, v stages a rank; all are told per stage. docs/schedules.md prints their text.
#pragma once

#include "schedule/registry.h"

namespace triaxis {

/// When a closed form is an equality.
bool whole_groups(const ScheduleRequest& request);         // p divides m
bool whole_groups_or_one(const ScheduleRequest& request);  // p divides m, or m < p

double naive_bubble(const ScheduleRequest& request, const StageCosts& costs);
double flush_bubble(const ScheduleRequest& request, const StageCosts& costs);
double interleaved_bubble(const ScheduleRequest& request, const StageCosts& costs);
double bfs_bubble(const ScheduleRequest& request, const StageCosts& costs);
double zb_h1_bubble(const ScheduleRequest& request, const StageCosts& costs);
double zb_h2_bubble(const ScheduleRequest& request, const StageCosts& costs);
double zb_v_bubble(const ScheduleRequest& request, const StageCosts& costs);
double v_half_bubble(const ScheduleRequest& request, const StageCosts& costs);
double v_min_bubble(const ScheduleRequest& request, const StageCosts& costs);
double interleaved_zb_bubble(const ScheduleRequest& request, const StageCosts& costs);
double chimera_bubble(const ScheduleRequest& request, const StageCosts& costs);
double hanayo_bubble(const ScheduleRequest& request, const StageCosts& costs);
double dualpipe_bubble(const ScheduleRequest& request, const StageCosts& costs);
double dualpipev_bubble(const ScheduleRequest& request, const StageCosts& costs);
double no_bubble(const ScheduleRequest& request, const StageCosts& costs);
double forward_bubble(const ScheduleRequest& request, const StageCosts& costs);

int one_activation(const ScheduleRequest& request, int rank);
int all_activations(const ScheduleRequest& request, int rank);
int activations_behind(const ScheduleRequest& request, int rank);
int interleaved_peak(const ScheduleRequest& request, int rank);
int all_of_all_stages(const ScheduleRequest& request, int rank);
int zb_h1_peak(const ScheduleRequest& request, int rank);
int zb_h2_peak(const ScheduleRequest& request, int rank);
int zb_v_peak(const ScheduleRequest& request, int rank);
int v_half_peak(const ScheduleRequest& request, int rank);
int v_min_peak(const ScheduleRequest& request, int rank);
int interleaved_zb_peak(const ScheduleRequest& request, int rank);
int chimera_peak(const ScheduleRequest& request, int rank);
int hanayo_peak(const ScheduleRequest& request, int rank);
int dualpipe_peak(const ScheduleRequest& request, int rank);
int dualpipev_peak(const ScheduleRequest& request, int rank);
int auto_peak(const ScheduleRequest& request, int rank);
int zb_1p_peak(const ScheduleRequest& request, int rank);
int zb_2p_peak(const ScheduleRequest& request, int rank);

int pipedream_versions(const ScheduleRequest& request, int rank);
int two_versions(const ScheduleRequest& request, int rank);

}  // namespace triaxis
