#include "cli/run_directory.h"

#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace triaxis {

void claim_run_directory(const Config& config, bool overwrite) {
  const std::filesystem::path directory = config.checkpoint.dir;
  const std::filesystem::path mark = directory / "run.toml";
  std::error_code ignored;
  if (!overwrite && std::filesystem::exists(mark, ignored)) {
    throw UserError("checkpoint.dir = \"" + config.checkpoint.dir +
                    "\" holds a run already; --overwrite starts anew, or choose another directory");
  }
  make_writable_directory(directory, "checkpoint.dir");
  const std::filesystem::path metrics = config.log.metrics;
  if (metrics.has_parent_path()) make_writable_directory(metrics.parent_path(), "log.metrics");
  std::filesystem::remove(metrics, ignored);
  write_file_atomically(mark, to_toml(config));
}

}  // namespace triaxis
