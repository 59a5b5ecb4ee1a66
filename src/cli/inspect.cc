#include "cli/inspect.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/inspect_checkpoint.h"
#include "cli/inspect_tokens.h"
#include "data/token_file.h"

namespace triaxis {
namespace {

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw UserError(fmt::format("{}: {}; name a checkpoint's folder, a run's, or a token file", path, why));
}

std::string inspect(const std::string& path, const InspectOptions& options) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return inspect_checkpoint(path, options);
  if (!std::filesystem::is_regular_file(path, error)) refuse(path, "no such file or folder");
  if (!is_token_file(std::filesystem::path(path))) refuse(path, "this file is no token file");
  if (options.digest) refuse(path, "--digest is for checkpoints");
  return inspect_tokens(path, options.json);
}

}  // namespace

void add_inspect(CLI::App& app) {
  const auto path = std::make_shared<std::string>();
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Say what a checkpoint or a token file is, and read every byte");
  command->add_option("PATH", *path, "a checkpoint, a run (its newest one), or a token file")->required();
  command->add_flag("--digest", options->digest, "Print one hash of all weights and moments, which no layout changes");
  command->add_flag("--all", options->all, "Show every tensor and slice");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("Example:\n  triaxis inspect runs/demo\n  triaxis inspect runs/demo/step-00000100 --digest");
  command->callback([path, options] { fmt::print("{}\n", inspect(*path, *options)); });
}

}  // namespace triaxis
