// What `triaxis schedule` prints of tables and of the registry for scripts.
#pragma once

#include <string>
#include <vector>

#include "cli/schedule_table.h"

namespace triaxis {

/// The object that --format json prints, on one line.
std::string table_json(const TimedTable& timed);

/// The registry, as --list --json prints it.
std::string registry_json();

/// The registry, as --list prints it.
std::string registry_text();

/// The most activations of each rank.
std::vector<int> peaks_of(const Verification& verification);

}  // namespace triaxis
