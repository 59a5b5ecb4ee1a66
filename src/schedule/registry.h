// Every schedule that Triaxis can generate, one row each.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schedule/costs.h"
#include "schedule/table.h"

namespace triaxis {

/// What a schedule that searches makes small.
enum class Objective {
  kMakespan,  // of one step alone, with a flush at its end
  kPeriod,    // of a step when step follows step and no rank waits for the others in between
};

struct ScheduleRequest {
  int ranks = 1;
  int microbatches = 1;  // of the whole table
  int stages_per_rank = 1;

  // Of asynchronous schedules alone.
  int update_every = 0;                          // microbatches an update; 0: as many as the schedule's paper has
  std::optional<VersionRule> version_rule = {};  // nothing: the schedule's own

  // Of schedules that search alone.
  Costs costs = {};
  /// The most that a rank may hold, in units of one stage's activations of one microbatch.
  double memory_limit = std::numeric_limits<double>::infinity();
  Objective objective = Objective::kMakespan;
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
  kEqual,            // F = I = W
  kForwardNoLonger,  // F <= I + W
};

/// When a closed form is an equality: always; never, but a bound.
bool always(const ScheduleRequest& request);
bool never(const ScheduleRequest& request);

/// A schedule: where it comes from, where it is defined, what it promises, and how it is made. The closed forms hold
/// where sending takes no time and the request lies inside the domain. They count in stages: with several stages a
/// rank, a stage is the shorter.
struct ScheduleRow {
  std::string_view name;
  std::string_view source;   // the paper
  std::string_view summary;  // one line for a list
  TableKind kind = TableKind::kTrain;

  int default_stages_per_rank = 1;
  bool many_stages_per_rank = false;     // whether a rank may have another number of stages than the default
  std::string_view stages_text = "1";    // what a list says of it: "1", "1 or more", "2 in a V"
  int replicas = 1;                      // how many ranks each stage is on: there are so many fewer distinct stages
  std::string_view copies_text = "1";    // copies of the weights, by replication or by versions
  std::string_view domain_text = "any";  // for which p and m it is made
  /// Says what would be valid for a request outside the domain, nothing inside it; null where the domain is all.
  std::string (*outside)(const ScheduleRequest&) = nullptr;
  bool searches = false;  // whether costs, memory limit and objective shape the table

  /// The most time that a rank is idle within what bubble_of says. Null: nothing is promised.
  double (*bubble)(const ScheduleRequest&, const StageCosts&) = nullptr;
  BubbleOf bubble_of = BubbleOf::kFlush;
  CostsOf bubble_costs = CostsOf::kEqual;
  /// Whether `bubble` is an equality, of every rank, for the request, else a bound.
  bool (*bubble_exact)(const ScheduleRequest&) = always;
  /// The most activations that a rank holds at once, in units of one stage's activations of one microbatch.
  int (*peak_activations)(const ScheduleRequest&, int rank);
  bool peak_exact = true;  // an equality, else a bound
  /// The most versions of one stage's weights that a rank holds at once, a bound. Null: one.
  int (*weight_versions)(const ScheduleRequest&, int rank) = nullptr;
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
