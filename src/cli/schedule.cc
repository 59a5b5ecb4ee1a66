#include "cli/schedule.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>

#include "base/file.h"
#include "render/chrome.h"
#include "render/html.h"
#include "render/svg.h"
#include "render/text.h"
#include "schedule/csv.h"
#include "schedule/parse_costs.h"
#include "schedule/passes/compute_only.h"
#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string name;
  std::optional<int> ranks;
  std::optional<int> microbatches;
  std::optional<int> stages_per_rank;
  std::string costs = "F=1,I=1,W=1,send=0";
  std::string format;
  std::string compare;
  bool json = false;
  bool lowered = false;
  std::string dialect;
  std::string output;
  bool list = false;
};

struct CheckOptions {
  std::string file;
  std::string model;
  bool json = false;
};

/// A table with all that is known of it.
struct Result {
  Table table;
  Verification verification;
  Timeline timeline;
  std::optional<double> period;
};

std::vector<int> peaks_of(const Verification& verification) {
  std::vector<int> peaks;
  for (const RankPeak& rank : verification.ranks) peaks.push_back(rank.activations);
  return peaks;
}

std::string sizes_text(const Table& table) {
  return fmt::format("{} ranks, {} stages, {} microbatches", table.ranks, table.stages, table.microbatches);
}

Json json_of_rows(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json cells = Json::array();
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      cells.push_back(cell_text(row, begin, end));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

Json json_of(const Result& result) {
  const Table& table = result.table;
  Json json = {{"name", table.name},
               {"ranks", table.ranks},
               {"stages", table.stages},
               {"replicas", result.verification.replicas},
               {"microbatches", table.microbatches},
               {"makespan", result.timeline.makespan},
               {"busy", result.timeline.busy},
               {"bubble_ratio", result.timeline.bubble_ratio}};
  const double busy = std::accumulate(result.timeline.busy.begin(), result.timeline.busy.end(), 0.0);
  json["period"] = result.period ? Json(*result.period) : Json(nullptr);
  json["period_bubble_ratio"] =
      result.period && *result.period > 0 ? Json(1 - busy / (table.ranks * *result.period)) : Json(nullptr);
  json["peak_activations"] = peaks_of(result.verification);
  json["weight_versions"] = std::vector<int>(static_cast<std::size_t>(table.ranks), 1);
  json["ordered_weights"] = result.verification.ordered_weights;
  json["rows"] = json_of_rows(compute_only(table));
  return json;
}

/// "makespan 33, bubble 27.3 %": what stands below a title or a drawing.
std::string times_text(const Result& result) {
  return fmt::format("makespan {:g}, bubble {:.1f} %", result.timeline.makespan, 100 * result.timeline.bubble_ratio);
}

bool colour_wanted(const Options& options) {
  return options.output.empty() && isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

std::string text_of(const Result& result, const Options& options) {
  const auto blocks = timed_blocks(result.table, result.timeline);
  return fmt::format("{}: {}\n{}{}, peak activations {}\n", result.table.name, sizes_text(result.table),
                     blocks_text(blocks, colour_wanted(options)), times_text(result),
                     fmt::join(peaks_of(result.verification), " "));
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

Table load_or_make(const Options& options) {
  if (std::string_view(options.name).ends_with(".csv")) {
    if (options.ranks || options.microbatches || options.stages_per_rank)
      throw UserError("--ranks, --microbatches and --stages-per-rank come from the CSV file; leave them out");
    return read_csv(options.name);
  }
  const ScheduleRow& row = find_schedule(options.name);
  if (!options.ranks || !options.microbatches)
    throw UserError(fmt::format("schedule {} needs --ranks and --microbatches", options.name));
  const int stages_per_rank = options.stages_per_rank.value_or(row.default_stages_per_rank);
  return make_schedule(row, {*options.ranks, *options.microbatches, stages_per_rank});
}

Result result_of(Table table, const Costs& costs) {
  Result result{std::move(table), {}, {}, {}};
  result.verification = verify(result.table);
  result.timeline = time_table(result.table, costs);
  return result;
}

/// The table of --compare, with the ranks and microbatches of `first`.
Table table_to_compare(const Options& options, const Table& first) {
  Options other;
  other.name = options.compare;
  if (!std::string_view(other.name).ends_with(".csv")) {
    other.ranks = first.ranks;
    other.microbatches = first.microbatches;
    if (find_schedule(other.name).many_stages_per_rank) other.stages_per_rank = options.stages_per_rank;
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
  const auto one = [](const std::vector<double>& list) { return list.size() == 1; };
  if (first.stages == second.stages || (one(costs.forward) && one(costs.backward_input) && one(costs.backward_weight)))
    return;
  throw UserError(fmt::format("--costs has values a stage, but {} has {} stages and {} has {}; give one value for all",
                              first.name, first.stages, second.name, second.stages));
}

/// Costs of stages that hold `share` of the model's layers that those of `costs` hold.
Costs scaled(Costs costs, double share) {
  for (auto* list : {&costs.forward, &costs.backward_input, &costs.backward_weight})
    for (double& cost : *list) cost *= share;
  if (costs.overlapped) *costs.overlapped *= share;
  return costs;
}

std::string page_of(const Result& result, const Options& options, const Costs& costs) {
  const PageSchedule page{result.table, result.timeline};
  if (options.compare.empty()) return schedule_page({&page, 1}, "");
  Table table = table_to_compare(options, result.table);
  check_comparable(costs, result.table, table);
  const double share = static_cast<double>(result.table.stages) / table.stages;
  const Result other = result_of(std::move(table), scaled(costs, share));
  const std::string note =
      share == 1 ? ""
                 : fmt::format(
                       "A stage of {} is {:g} of {}: its times and activations count as much. Peaks are in each "
                       "schedule's own stages, curves to one scale.",
                       other.table.name, share, result.table.name);
  return schedule_page(std::array{page, PageSchedule{other.table, other.timeline, share}}, note);
}

std::string rendered(const Result& result, const Options& options, const Costs& costs) {
  if (options.format == "csv") return csv_of(result.table, options);
  if (options.format == "json") return json_of(result).dump() + "\n";
  if (options.format == "svg") {
    return blocks_svg(timed_blocks(result.table, result.timeline), result.table.name,
                      sizes_text(result.table) + "; " + times_text(result));
  }
  if (options.format == "chrome") return chrome_trace(result.table, result.timeline);
  if (options.format == "html") return page_of(result, options, costs);
  return text_of(result, options);
}

std::string list_text() {
  std::size_t width = 0;
  for (const ScheduleRow& row : schedules()) width = std::max(width, row.name.size());
  std::string text;
  for (const ScheduleRow& row : schedules()) {
    text += fmt::format("{0:<{1}} {2}\n{3:{1}} stages a rank: {4}; bubble: {5}; peak activations: {6}\n{3:{1}} {7}\n",
                        row.name, width, row.summary, "", row.stages_text, row.bubble_text, row.peak_text, row.source);
  }
  return text + "p ranks, m microbatches, v stages a rank; F, I, W: times of a stage's forward and its two backwards\n";
}

std::string list_json() {
  Json list = Json::array();
  for (const ScheduleRow& row : schedules()) {
    list.push_back({{"name", row.name},
                    {"kind", kind_text(row.kind)},
                    {"summary", row.summary},
                    {"source", row.source},
                    {"stages_per_rank", row.default_stages_per_rank},
                    {"many_stages_per_rank", row.many_stages_per_rank},
                    {"bubble", row.bubble_text},
                    {"peak_activations", row.peak_text}});
  }
  return Json{{"schedules", list}}.dump() + "\n";
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
  if (options.list) {
    if (!options.name.empty()) throw UserError("--list takes no schedule; leave out one of the two");
    emit(options.format == "json" ? list_json() : list_text(), options.output);
    return;
  }
  if (options.name.empty()) throw UserError("name a schedule (--list prints them), or a CSV file that holds one");
  const Costs costs = parse_costs(options.costs);
  Result result = result_of(load_or_make(options), costs);
  if (options.format == "json") result.period = period_of(result.table, costs);
  emit(rendered(result, options, costs), options.output);
}

std::vector<ChannelModel> models_of(const std::string& wanted) {
  std::vector<ChannelModel> models;
  for (const ChannelModel model : kAllChannelModels)
    if (wanted.empty() || channel_model_text(model) == wanted) models.push_back(model);
  return models;
}

/// Verifies the table as it stands and, if it is compute-only, as it is lowered.
void run_check(const CheckOptions& options) {
  const Table table = read_csv(options.file);
  const auto models = models_of(options.model);
  const Verification verification = verify(table, models);
  if (!verification.lowered) verify(lower(table), models);
  std::vector<std::string_view> names;
  for (const ChannelModel model : models) names.push_back(channel_model_text(model));
  if (options.json) {
    const Json json = {{"file", options.file},
                       {"kind", kind_text(table.kind)},
                       {"ranks", table.ranks},
                       {"stages", table.stages},
                       {"microbatches", table.microbatches},
                       {"lowered", verification.lowered},
                       {"models", names},
                       {"peak_activations", peaks_of(verification)},
                       {"ordered_weights", verification.ordered_weights}};
    fmt::print("{}\n", json.dump());
    return;
  }
  fmt::print("{}: a sound {} table, {}: {}\n", options.file, kind_text(table.kind),
             verification.lowered ? "with communication" : "compute only", sizes_text(table));
  fmt::print("free of deadlock under {}; {}, peak activations {}\n", fmt::join(names, ", "),
             verification.ordered_weights ? "weights in ascending order" : "weights out of order: the bits may differ",
             fmt::join(peaks_of(verification), " "));
}

void add_check(CLI::App& command) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* check = command.add_subcommand("check", "Verify a table from a CSV file");
  check->add_option("FILE", options->file, "the CSV file")->required();
  check->add_option("--model", options->model, "how channels queue; without it, under each")
      ->check(CLI::IsMember({"per_direction", "per_pair", "per_rank"}));
  check->add_flag("--json", options->json, "Print one JSON object");
  check->footer("Example:\n  triaxis schedule check my.csv --model per_pair");
  check->callback([options] { run_check(*options); });
}

}  // namespace

void add_schedule(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("schedule", "Make, draw, export and check pipeline schedules");
  command->add_option("NAME", options->name, "a schedule, or a CSV file");
  command->add_option("--ranks", options->ranks, "pipeline ranks");
  command->add_option("--microbatches", options->microbatches, "microbatches a step")->check(CLI::PositiveNumber);
  command->add_option("--stages-per-rank", options->stages_per_rank, "stages on each rank");
  command->add_option("--costs", options->costs, "times of F, I, W, send and FB; a list F=1:2:1 gives one a stage")
      ->capture_default_str();
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
  command->footer(
      "Examples:\n  triaxis schedule 1f1b --ranks 4 --microbatches 8 --costs F=1,I=1,W=1\n"
      "  triaxis schedule 1f1b --ranks 4 --microbatches 8 --compare gpipe --format html -o page.html");
  add_check(*command);
  command->callback([options, command] {
    if (command->get_subcommands().empty()) run(*options);
  });
}

}  // namespace triaxis
