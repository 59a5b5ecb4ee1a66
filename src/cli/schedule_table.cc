#include "cli/schedule_table.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "schedule/csv.h"
#include "schedule/parse_costs.h"
#include "schedule/period.h"
#include "schedule/registry.h"

namespace triaxis {
namespace {

VersionRule version_rule_of(const std::string& text) {
  for (const VersionRule rule : {VersionRule::kVertical, VersionRule::kDouble})
    if (text == version_rule_text(rule)) return rule;
  return VersionRule::kStash;
}

template <typename Number>
Number positive(std::string_view option, Number value) {
  if (!(value > 0)) throw UserError(fmt::format("{} {}: give a number above 0", option, value));  // nor NaN
  return value;
}

void refuse_for_a_file(const TableOptions& options) {
  if (options.ranks || options.microbatches || options.stages_per_rank || options.update_every)
    throw UserError(
        "--ranks, --microbatches, --stages-per-rank and --update-every come from the CSV file; leave them out");
  if (options.memory_limit || !options.objective.empty())
    throw UserError("--memory-limit and --objective shape a schedule that searches, not a CSV file; leave them out");
}

/// Sets what only schedules that search take.
void set_search(const ScheduleRow& row, const TableOptions& options, ScheduleRequest& request) {
  if (!row.searches) {
    if (options.memory_limit || !options.objective.empty())
      throw UserError(fmt::format(
          "schedule {} searches nothing: --memory-limit and --objective are for schedules that do, such as auto",
          row.name));
    return;
  }
  request.costs = parse_costs(options.costs);
  if (options.memory_limit) request.memory_limit = positive("--memory-limit", *options.memory_limit);
  if (options.objective == "period") request.objective = Objective::kPeriod;
}

Table make(const TableOptions& options) {
  const ScheduleRow& row = find_schedule(options.name);
  if (!options.ranks || !options.microbatches)
    throw UserError(fmt::format("schedule {} needs --ranks and --microbatches", options.name));
  ScheduleRequest request{*options.ranks, *options.microbatches,
                          options.stages_per_rank.value_or(row.default_stages_per_rank)};
  if (options.update_every) request.update_every = positive("--update-every", *options.update_every);
  if (!options.versions.empty()) request.version_rule = version_rule_of(options.versions);
  set_search(row, options, request);
  return make_schedule(row, request);
}

}  // namespace

void add_versions_option(CLI::App& command, std::string& versions) {
  command
      .add_option("--versions", versions,
                  "asynchronous: the version of the weights that a forward takes, stash, vertical or double")
      ->check(CLI::IsMember({"stash", "vertical", "double"}));
}

void add_table_options(CLI::App& command, TableOptions& options) {
  command.add_option("NAME", options.name, "a schedule, or a CSV file");
  command.add_option("--ranks", options.ranks, "pipeline ranks");
  command.add_option("--microbatches", options.microbatches, "microbatches of the table");
  command.add_option("--stages-per-rank", options.stages_per_rank, "stages on each rank");
  command
      .add_option("--costs", options.costs,
                  "times of F, I, W, R, FB, send, transfer, gather, reduce, update; a list F=1:2:1 gives one a stage")
      ->capture_default_str();
  command.add_option("--update-every", options.update_every, "asynchronous: microbatches an update");
  add_versions_option(command, options.versions);
  command.add_option("--memory-limit", options.memory_limit,
                     "auto: the most that a rank may hold, in one stage's activations of one microbatch");
  command
      .add_option("--objective", options.objective,
                  "auto: what is made small, the makespan (default) or the period of step after step")
      ->check(CLI::IsMember({"makespan", "period"}));
}

Table read_table(const std::string& file, const std::string& versions) {
  Table table = read_csv(file);
  if (versions.empty()) return table;
  if (table.kind != TableKind::kAsynchronous)
    throw UserError(
        fmt::format("--versions {}: {} has no OPT, so its weights have one version; leave it out", versions, file));
  table.version_rule = version_rule_of(versions);
  return table;
}

Table load_or_make(const TableOptions& options) {
  if (!std::string_view(options.name).ends_with(".csv")) return make(options);
  refuse_for_a_file(options);
  return read_table(options.name, options.versions);
}

TimedTable timed_table(Table table, const Costs& costs) {
  TimedTable timed{std::move(table), {}, {}, {}};
  timed.verification = verify(timed.table);
  timed.timeline = time_table(timed.table, costs);
  timed.period = period_of(timed.table, costs);
  return timed;
}

std::string sizes_text(const Table& table) {
  return fmt::format("{} ranks, {} stages, {} microbatches", table.ranks, table.stages, table.microbatches);
}

}  // namespace triaxis
