// Every schedule that Triaxis can generate, one row each.
#pragma once

#include <span>
#include <string_view>

#include "schedule/table.h"

namespace triaxis {

struct ScheduleRequest {
  int ranks = 1;
  int microbatches = 1;
  int stages_per_rank = 1;
};

/// What one stage takes for one microbatch, the same for every stage: the terms of the closed forms.
struct StageCosts {
  double forward = 1;
  double backward_input = 1;
  double backward_weight = 1;
};

/// What the idle time of a schedule is counted over.
enum class BubbleOf {
  kFlush,   // the makespan of one step alone
  kPeriod,  // what a step takes when step follows step and no rank waits for the others in between
};

/// The costs for which a closed form speaks.
enum class CostsOf {
  kAny,
  kEqual,  // F = I = W
};

/// A schedule: where it comes from, where it is defined, what it promises, and how it is made. The closed forms hold
/// where sending takes no time and the request lies inside the domain. They count in stages: with several stages a
/// rank, a stage is the shorter.
struct ScheduleRow {
  std::string_view name;
  std::string_view source;   // the paper
  std::string_view summary;  // one line for a list
  TableKind kind;
  int default_stages_per_rank;
  bool many_stages_per_rank;     // whether a rank may have any number of stages; if not, it has the default
  std::string_view stages_text;  // what a list says of it: "1", "1 or more", "2 in a V"

  /// The most time that a rank is idle within what bubble_of says; all ranks have the same.
  double (*bubble)(const ScheduleRequest&, const StageCosts&);
  BubbleOf bubble_of;
  CostsOf bubble_costs;
  /// Whether `bubble` is an equality for the request, else a bound.
  bool (*bubble_exact)(const ScheduleRequest&);
  /// The most activations that a rank holds at once, in units of one stage's activations of one microbatch.
  int (*peak_activations)(const ScheduleRequest&, int rank);
  bool peak_exact;  // an equality, else a bound
  /// Fills the rows; everything else of the table is set.
  void (*generate)(const ScheduleRequest&, Table&);

  std::string_view bubble_text;
  std::string_view peak_text;
};

std::span<const ScheduleRow> schedules();

/// The row of that name. Throws UserError with the nearest name.
const ScheduleRow& find_schedule(std::string_view name);

/// Throws UserError, saying what would be valid, for a request outside the schedule's domain.
void check_domain(const ScheduleRow& row, const ScheduleRequest& request);

/// The compute-only table of the schedule. Throws UserError as check_domain does.
Table make_schedule(const ScheduleRow& row, const ScheduleRequest& request);

/// The same by name. Throws UserError as find_schedule does, too.
Table make_schedule(std::string_view name, const ScheduleRequest& request);

}  // namespace triaxis
