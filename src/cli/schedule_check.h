// `triaxis schedule check`: proves a table from a file, or says what is wrong with it.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand to `schedule`. Its callback prints to standard output; UserError goes to the caller.
void add_schedule_check(CLI::App& command);

}  // namespace triaxis
