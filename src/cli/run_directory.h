// The directory of a run, marked at its start with the run's configuration.
#pragma once

#include "config/config.h"

namespace triaxis {

/// Makes checkpoint.dir and marks it with run.toml. Throws UserError if it cannot be written or, unless `overwrite`, a
/// run is there already.
void claim_run_directory(const Config& config, bool overwrite);

}  // namespace triaxis
