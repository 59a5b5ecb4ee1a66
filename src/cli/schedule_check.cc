#include "cli/schedule_check.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/schedule_json.h"
#include "cli/schedule_table.h"
#include "schedule/passes/lower.h"

namespace triaxis {
namespace {

struct CheckOptions {
  std::string file;
  std::string model;
  std::string versions;
  bool json = false;
};

std::vector<ChannelModel> models_of(const std::string& wanted) {
  std::vector<ChannelModel> models;
  for (const ChannelModel model : kAllChannelModels)
    if (wanted.empty() || channel_model_text(model) == wanted) models.push_back(model);
  return models;
}

void print_json(const CheckOptions& options, const Table& table, const Verification& verification,
                const std::vector<std::string_view>& models) {
  const nlohmann::ordered_json json = {{"file", options.file},
                                       {"kind", kind_text(table.kind)},
                                       {"ranks", table.ranks},
                                       {"stages", table.stages},
                                       {"replicas", verification.replicas},
                                       {"microbatches", table.microbatches},
                                       {"lowered", verification.lowered},
                                       {"models", models},
                                       {"peak_activations", peaks_of(verification)},
                                       {"weight_versions", verification.weight_versions},
                                       {"staleness", verification.staleness},
                                       {"ordered_weights", verification.ordered_weights}};
  fmt::print("{}\n", json.dump());
}

void print_text(const CheckOptions& options, const Table& table, const Verification& verification,
                const std::vector<std::string_view>& models) {
  fmt::print("{}: a sound {} table, {}: {}\n", options.file, kind_text(table.kind),
             verification.lowered ? "with communication" : "compute only", sizes_text(table));
  fmt::print("free of deadlock under {}; {}, peak activations {}\n", fmt::join(models, ", "),
             verification.ordered_weights ? "weights in ascending order" : "weights out of order: the bits may differ",
             fmt::join(peaks_of(verification), " "));
  if (verification.replicas > 1)
    fmt::print("stages stand on up to {} ranks, each with a copy of the weights\n", verification.replicas);
  if (table.kind != TableKind::kAsynchronous) return;
  fmt::print("weight versions {}, staleness {}, where a forward takes its version by the rule {}\n",
             fmt::join(verification.weight_versions, " "), fmt::join(verification.staleness, " "),
             version_rule_text(table.version_rule));
}

/// Verifies the table as it stands and, if it is compute-only, as it is lowered.
void run_check(const CheckOptions& options) {
  const Table table = read_table(options.file, options.versions);
  const auto models = models_of(options.model);
  const Verification verification = verify(table, models);
  if (!verification.lowered) verify(lower(table), models);
  std::vector<std::string_view> names;
  for (const ChannelModel model : models) names.push_back(channel_model_text(model));
  (options.json ? print_json : print_text)(options, table, verification, names);
}

}  // namespace

void add_schedule_check(CLI::App& command) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* check = command.add_subcommand("check", "Verify a table from a CSV file");
  check->add_option("FILE", options->file, "the CSV file")->required();
  check->add_option("--model", options->model, "how channels queue; without it, under each")
      ->check(CLI::IsMember({"per_direction", "per_pair", "per_rank"}));
  add_versions_option(*check, options->versions);
  check->add_flag("--json", options->json, "Print one JSON object");
  check->footer("Example:\n  triaxis schedule check my.csv --model per_pair");
  check->callback([options] { run_check(*options); });
}

}  // namespace triaxis
