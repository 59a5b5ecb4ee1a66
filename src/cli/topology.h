// `triaxis topology`: which rank sits where, and which link each group uses.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand. Its callback does the work and prints to standard output; UserError goes to the caller.
void add_topology(CLI::App& app);

}  // namespace triaxis
