#include "cli/schedule.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/file.h"
#include "cli/schedule_check.h"
#include "cli/schedule_json.h"
#include "cli/schedule_table.h"
#include "render/chrome.h"
#include "render/explorer.h"
#include "render/html.h"
#include "render/svg.h"
#include "render/text.h"
#include "schedule/csv.h"
#include "schedule/parse_costs.h"
#include "schedule/passes/compute_only.h"
#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"

namespace triaxis {
namespace {

struct Options {
  TableOptions table;
  std::string format;
  std::string compare;
  bool json = false;
  bool lowered = false;
  std::string dialect;
  std::string output;
  bool list = false;
  bool explore = false;
};

/// "makespan 33, bubble 27.3 %": what stands below a title or a drawing.
std::string times_text(const TimedTable& timed) {
  return fmt::format("makespan {:g}, bubble {:.1f} %", timed.timeline.makespan, 100 * timed.timeline.bubble_ratio);
}

/// What a step takes among others, where that is not its makespan; else nothing.
std::string period_text(const TimedTable& timed) {
  const auto bubble = period_bubble_ratio(timed.table, timed.timeline, timed.period);
  constexpr double kTolerance = 1e-9;
  const double makespan = timed.timeline.makespan;
  if (!bubble || std::abs(*timed.period - makespan) <= kTolerance * makespan) return "";
  const bool asynchronous = timed.table.kind == TableKind::kAsynchronous;
  return fmt::format("{}: period {:g}, bubble {:.1f} %\n", asynchronous ? "from update to update" : "step after step",
                     *timed.period, 100 * *bubble);
}

std::string versions_text(const TimedTable& timed) {
  if (timed.table.kind != TableKind::kAsynchronous) return "";
  return fmt::format("weight versions {} (rule {}), staleness {}\n", fmt::join(timed.verification.weight_versions, " "),
                     version_rule_text(timed.table.version_rule), fmt::join(timed.verification.staleness, " "));
}

bool colour_wanted(const Options& options) {
  return options.output.empty() && isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

std::string text_of(const TimedTable& timed, const Options& options) {
  const auto blocks = timed_blocks(timed.table, timed.timeline);
  return fmt::format("{}: {}\n{}{}, peak activations {}\n{}{}", timed.table.name, sizes_text(timed.table),
                     blocks_text(blocks, colour_wanted(options)), times_text(timed),
                     fmt::join(peaks_of(timed.verification), " "), period_text(timed), versions_text(timed));
}

std::string csv_of(const Table& table, const Options& options) {
  const CsvDialect dialect = options.dialect == "pytorch" ? CsvDialect::kPytorch : CsvDialect::kTriaxis;
  if (!options.lowered) return csv_of_steps(table, dialect);
  const Table computes = compute_only(table);
  return csv_of_rows(lower(table.kind == TableKind::kTrain ? insert_reduce_grad(computes) : computes), dialect);
}

/// Settles --format and --json, and refuses options that the format would ignore.
void settle_format(Options& options) {
  if (options.json) {
    if (!options.format.empty() && options.format != "json")
      throw UserError(fmt::format("--json contradicts --format {}; give one of them", options.format));
    options.format = "json";
  }
  if (options.format.empty()) options.format = "text";
  if (options.format != "html" && !options.compare.empty())
    throw UserError(fmt::format("--compare draws a page; use it with --format html, not {}", options.format));
  if (options.format != "csv" && (options.lowered || !options.dialect.empty()))
    throw UserError(
        fmt::format("--lowered and --dialect shape a CSV; use them with --format csv, not {}", options.format));
}

/// The table of --compare, with the ranks and microbatches of `first`.
Table table_to_compare(const Options& options, const Table& first) {
  TableOptions other;
  other.name = options.compare;
  if (!std::string_view(other.name).ends_with(".csv")) {
    other.ranks = first.ranks;
    other.microbatches = first.microbatches;
    other.costs = options.table.costs;
    const ScheduleRow& row = find_schedule(other.name);
    if (row.many_stages_per_rank) other.stages_per_rank = options.table.stages_per_rank;
    if (row.kind == TableKind::kAsynchronous) other.update_every = options.table.update_every;
    if (row.searches) {
      other.memory_limit = options.table.memory_limit;
      other.objective = options.table.objective;
    }
  }
  Table table = load_or_make(other);
  if (table.ranks != first.ranks || table.microbatches != first.microbatches) {
    throw UserError(fmt::format("--compare {}: {}; {} has {}; both need the same ranks and microbatches", table.name,
                                sizes_text(table), first.name, sizes_text(first)));
  }
  return table;
}

/// Refuses costs a stage, which say nothing of the stages of a schedule that cuts the model otherwise.
void check_comparable(const Costs& costs, const Table& first, const Table& second) {
  const auto one = [](const std::vector<double>& list) { return list.size() <= 1; };
  const bool all = one(costs.forward) && one(costs.backward_input) && one(costs.backward_weight) &&
                   one(costs.recompute) && one(costs.gather) && one(costs.reduce) && one(costs.update);
  if (first.stages == second.stages || all) return;
  throw UserError(fmt::format("--costs has values a stage, but {} has {} stages and {} has {}; give one value for all",
                              first.name, first.stages, second.name, second.stages));
}

/// Costs of stages that hold `share` of the model's layers that those of `costs` hold.
Costs scaled(Costs costs, double share) {
  for (auto* list : {&costs.forward, &costs.backward_input, &costs.backward_weight, &costs.recompute, &costs.gather,
                     &costs.reduce, &costs.update})
    for (double& cost : *list) cost *= share;
  if (costs.overlapped) *costs.overlapped *= share;
  return costs;
}

std::string page_of(const TimedTable& timed, const Options& options, const Costs& costs) {
  const PageSchedule page{timed.table, timed.timeline, timed.period};
  if (options.compare.empty()) return schedule_page({&page, 1}, "");
  Table table = table_to_compare(options, timed.table);
  check_comparable(costs, timed.table, table);
  const double share = static_cast<double>(timed.table.stages) / table.stages;
  const TimedTable other = timed_table(std::move(table), scaled(costs, share));
  const std::string note =
      share == 1 ? ""
                 : fmt::format(
                       "A stage of {} is {:g} of {}: its times and activations count as much. Peaks are in each "
                       "schedule's own stages, curves to one scale.",
                       other.table.name, share, timed.table.name);
  return schedule_page(std::array{page, PageSchedule{other.table, other.timeline, other.period, share}}, note);
}

std::string rendered(const TimedTable& timed, const Options& options, const Costs& costs) {
  if (options.format == "csv") return csv_of(timed.table, options);
  if (options.format == "json") return table_json(timed);
  if (options.format == "svg") {
    return blocks_svg(timed_blocks(timed.table, timed.timeline), timed.table.name,
                      sizes_text(timed.table) + "; " + times_text(timed));
  }
  if (options.format == "chrome") return chrome_trace(timed.table, timed.timeline);
  if (options.format == "html") return page_of(timed, options, costs);
  return text_of(timed, options);
}

void emit(const std::string& text, const std::string& output) {
  if (output.empty()) {
    fmt::print("{}", text);
    return;
  }
  try {
    write_file_atomically(output, text);
  } catch (const RunError& error) {
    throw UserError(error.what());
  }
}

void run(Options options) {
  settle_format(options);
  if (options.list || options.explore) {
    const char* option = options.list ? "--list" : "--explore";
    if (!options.table.name.empty() || (options.list && options.explore))
      throw UserError(fmt::format("{} takes no schedule and stands alone; leave out one of the two", option));
    if (options.explore)
      emit(explorer_page(), options.output);
    else
      emit(options.format == "json" ? registry_json() : registry_text(), options.output);
    return;
  }
  if (options.table.name.empty()) throw UserError("name a schedule (--list prints them), or a CSV file that holds one");
  const Costs costs = parse_costs(options.table.costs);
  emit(rendered(timed_table(load_or_make(options.table), costs), options, costs), options.output);
}

}  // namespace

void add_schedule(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("schedule", "Make, draw, export and check pipeline schedules");
  add_table_options(*command, options->table);
  command
      ->add_option("--format", options->format,
                   "text, csv, json, svg, html or chrome (a trace for chrome://tracing and Perfetto)")
      ->check(CLI::IsMember({"text", "csv", "json", "svg", "html", "chrome"}));
  command->add_option("--compare", options->compare, "html: a second schedule below, or a CSV file, of the same size");
  command->add_flag("--json", options->json, "Print one JSON object: the same as --format json");
  command->add_flag("--lowered", options->lowered, "CSV: with sends, receives and gradient reduction");
  command->add_option("--dialect", options->dialect, "CSV: pytorch refuses what PyTorch cannot load (default triaxis)")
      ->check(CLI::IsMember({"pytorch", "triaxis"}));
  command->add_option("-o,--output", options->output, "a file instead of standard output");
  command->add_flag("--list", options->list, "List the schedules");
  command->add_flag("--explore", options->explore, "Write a page with sliders for sizes and costs");
  command->footer(
      "Examples:\n  triaxis schedule 1f1b --ranks 4 --microbatches 8 --costs F=1,I=1,W=1\n"
      "  triaxis schedule 1f1b --ranks 4 --microbatches 8 --compare gpipe --format html -o page.html\n"
      "  triaxis schedule --explore -o explorer.html");
  add_schedule_check(*command);
  command->callback([options, command] {
    if (command->get_subcommands().empty()) run(*options);
  });
}

}  // namespace triaxis
