#include "cli/convert.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/new_directory.h"
#include "base/text.h"
#include "checkpoint/directory.h"
#include "checkpoint/huggingface_export.h"
#include "checkpoint/huggingface_import.h"
#include "checkpoint/rewrite.h"
#include "checkpoint/run_configuration.h"
#include "train/plan.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string source;
  std::string out;
  std::string layout;
  std::string to;
  std::string from;
  std::string shard_size;
  bool overwrite = false;
  bool json = false;
};

/// What was written, for the user.
struct Result {
  fs::path source;
  fs::path path;
  std::string what;
};

/// "2x1x4" as the degrees of the data, tensor and pipeline axes.
ParallelConfig with_degrees(ParallelConfig parallel, std::string_view text) {
  const std::string_view whole_text = text;
  for (int* degree : {&parallel.data, &parallel.tensor, &parallel.pipeline}) {
    const std::string_view number = text.substr(0, text.find('x'));
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), *degree);
    const bool is_last = degree == &parallel.pipeline;
    const bool reads = error == std::errc() && end == number.data() + number.size() && *degree >= 1;
    if (!reads || is_last != (number.size() == text.size()))
      throw UserError(fmt::format("--layout {}: write DATAxTENSORxPIPELINE, as in 2x1x4", whole_text));
    text.remove_prefix(std::min(number.size() + 1, text.size()));
  }
  return parallel;
}

/// Holds that replacing `out` does not take away what is read.
void expect_apart(const fs::path& source, const fs::path& out) {
  const std::string in_full = fs::weakly_canonical(source).string() + "/";
  const fs::path out_full = fs::weakly_canonical(out);
  if (in_full.starts_with((out_full.has_filename() ? out_full : out_full.parent_path()).string() + "/"))
    throw UserError(
        fmt::format("{} lies in {}, which would be replaced; choose another name", source.string(), out.string()));
}

Result relayout(const Options& options, NewDirectory& out) {
  CheckpointReader reader(find_checkpoint(options.source));
  CheckpointIndex state = reader.index();
  Config config = parse_config(state.configuration, (reader.directory() / kIndexName).string());
  config.parallel = with_degrees(config.parallel, options.layout);
  state.configuration = place_run(config, out.path(), options.out);
  const RunPlan plan = plan_run(config);
  const fs::path checkpoint = checkpoint_path(out.path(), state.step);
  fs::create_directory(checkpoint);
  write_checkpoint(checkpoint, state, plan.saved, plan.grid.ranks(),
                   [&](std::string_view name, Form form, const Box& box, std::span<float> values) {
                     reader.read(name, form, box, values);
                   });
  return {reader.directory(), checkpoint_path(options.out, state.step),
          fmt::format("layout {}, {} ranks", options.layout, plan.grid.ranks())};
}

Result to_huggingface(const Options& options, NewDirectory& out) {
  std::int64_t shard_bytes = kOneFile;
  if (!options.shard_size.empty()) {
    shard_bytes = parse_size(options.shard_size).value_or(0);
    if (shard_bytes < 1) throw UserError(fmt::format("--shard-size {}: write a size, as in 2G", options.shard_size));
  }
  CheckpointReader reader(find_checkpoint(options.source));
  const std::int64_t bytes = export_huggingface(reader, out.path(), shard_bytes);
  return {reader.directory(), options.out,
          fmt::format("Hugging Face's format, {} of weights", format_bytes(static_cast<double>(bytes)))};
}

Result from_huggingface(const Options& options, NewDirectory& out) {
  const fs::path checkpoint = import_huggingface(options.source, out.path(), options.out);
  return {options.source, checkpoint, "a checkpoint of step 0"};
}

void run(const Options& options) {
  const int ways = (options.layout.empty() ? 0 : 1) + (options.to.empty() ? 0 : 1) + (options.from.empty() ? 0 : 1);
  if (ways != 1) throw UserError("convert takes one of --layout, --to and --from");
  if (!options.shard_size.empty() && options.to.empty()) throw UserError("--shard-size goes with --to huggingface");
  std::error_code ignored;
  if (!fs::exists(options.source, ignored)) throw UserError(fmt::format("{}: no such file or folder", options.source));
  expect_apart(options.source, options.out);
  NewDirectory out(options.out, options.overwrite);
  const auto convert = !options.layout.empty() ? relayout : !options.to.empty() ? to_huggingface : from_huggingface;
  const Result result = convert(options, out);
  out.finish();
  if (options.json) {
    const nlohmann::ordered_json json = {
        {"source", result.source.string()}, {"path", result.path.string()}, {"what", result.what}};
    fmt::print("{}\n", json.dump());
  } else {
    fmt::print("{} -> {}: {}\n", result.source.string(), result.path.string(), result.what);
  }
}

}  // namespace

void add_convert(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("convert", "Write a checkpoint in another layout, or to and from Hugging Face's format");
  command->add_option("CHECKPOINT", options->source, "a checkpoint, a run (its newest one), or a Hugging Face folder")
      ->required();
  command->add_option("OUT", options->out, "the folder to write; it is complete or not there")->required();
  command->add_option("--layout", options->layout, "degrees of the new run: DATAxTENSORxPIPELINE");
  command->add_option("--to", options->to, "a folder that transformers opens")->check(CLI::IsMember({"huggingface"}));
  command->add_option("--from", options->from, "CHECKPOINT is such a folder")->check(CLI::IsMember({"huggingface"}));
  command->add_option("--shard-size", options->shard_size, "with --to: the most bytes a file, as in 2G");
  command->add_flag("--overwrite", options->overwrite, "Replace OUT");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(
      "Examples:\n  triaxis convert runs/demo runs/wide --layout 1x2x2\n"
      "  triaxis convert runs/demo exported --to huggingface --shard-size 2G\n"
      "  triaxis convert gpt2 runs/gpt2 --from huggingface");
  command->callback([options] { run(*options); });
}

}  // namespace triaxis
