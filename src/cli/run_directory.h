// The directory of a run, marked at its start with the run's configuration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "config/config.h"

namespace triaxis {

/// Makes checkpoint.dir and marks it with run.toml. Throws UserError if it cannot be written or, unless `overwrite`, a
/// run is there already. An overwritten run's checkpoints are removed.
void claim_run_directory(const Config& config, bool overwrite);

/// Takes up a run whose steps up to `step` are done: marks it with the new configuration, removes what unfinished saves
/// have left, and cuts its metrics back to that step.
void resume_run_directory(const Config& config, std::int64_t step);

/// The last line of a file of lines; "{}" if there is none.
std::string last_metrics_line(const std::filesystem::path& metrics);

}  // namespace triaxis
