// `triaxis inspect`: what a checkpoint, a run or a token file is, and whether it is intact.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand. Its callback does the work and prints to standard output; UserError goes to the caller.
void add_inspect(CLI::App& app);

}  // namespace triaxis
