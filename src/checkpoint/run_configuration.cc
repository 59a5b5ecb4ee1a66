#include "checkpoint/run_configuration.h"

#include "base/file.h"

namespace triaxis {

std::string place_run(Config& config, const std::filesystem::path& directory, const std::filesystem::path& name) {
  config.checkpoint.dir = name.string();
  config.log.metrics = (name / "metrics.jsonl").string();
  validate(config);
  std::string toml = to_toml(config);
  write_file_atomically(directory / "run.toml", toml);
  return toml;
}

}  // namespace triaxis
