// The table that `triaxis schedule` is asked for: a schedule made to size, or a CSV file, with all that is known of it.
#pragma once

#include <optional>
#include <string>

#include "schedule/costs.h"
#include "schedule/table.h"
#include "schedule/timing.h"
#include "schedule/verify.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// What the command line says of a table.
struct TableOptions {
  std::string name;  // a schedule, or a CSV file
  std::optional<int> ranks;
  std::optional<int> microbatches;
  std::optional<int> stages_per_rank;
  std::string costs = "F=1,I=1,W=1,send=0";
  std::optional<int> update_every;
  std::string versions;  // of an asynchronous table; empty: the schedule's own, of a file stash
  std::optional<double> memory_limit;
  std::string objective;
};

/// A table, verified and timed.
struct TimedTable {
  Table table;
  Verification verification;
  Timeline timeline;
  std::optional<double> period;
};

/// Adds the options to the command; they are read into `options`, which must outlive its parsing.
void add_table_options(CLI::App& command, TableOptions& options);

/// Adds --versions alone.
void add_versions_option(CLI::App& command, std::string& versions);

/// Makes or reads the table. Throws UserError, also for options that do not go with it.
Table load_or_make(const TableOptions& options);

/// Reads a table from a CSV file, with the rule that --versions names. Throws UserError.
Table read_table(const std::string& file, const std::string& versions);

/// Verifies and times it. Throws UserError as verify and time_table do.
TimedTable timed_table(Table table, const Costs& costs);

/// "4 ranks, 4 stages, 8 microbatches".
std::string sizes_text(const Table& table);

}  // namespace triaxis
