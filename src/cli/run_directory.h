// The directory of a run, marked at its start with the run's configuration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "cli/run_lock.h"
#include "config/config.h"

namespace triaxis {

/// Makes checkpoint.dir and the directory of log.metrics, and holds the former. Throws UserError if they cannot be
/// written or another run is at work there.
RunLock hold_run_directory(const Config& config);

/// Marks checkpoint.dir with run.toml. Throws UserError, unless `overwrite`, if a run is there already. An overwritten
/// run's checkpoints are removed. REQUIRES: the directory is held.
void claim_run_directory(const Config& config, bool overwrite);

/// Takes up a run whose steps up to `step` are done: marks it with the new configuration, removes what unfinished saves
/// have left, and cuts its metrics back to that step. REQUIRES: the directory is held.
void resume_run_directory(const Config& config, std::int64_t step);

/// The last line of a file of lines; "{}" if there is none.
std::string last_metrics_line(const std::filesystem::path& metrics);

}  // namespace triaxis
