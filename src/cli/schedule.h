// `triaxis schedule`: makes, draws, exports and checks pipeline schedules.
#pragma once

namespace CLI {
class App;
}

namespace triaxis {

/// Adds the subcommand. Its callback does the work and prints to standard output; UserError goes to the caller.
void add_schedule(CLI::App& app);

}  // namespace triaxis
