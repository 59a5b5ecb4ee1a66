// `triaxis generate`: text from a checkpoint.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand. Its callback does the work and prints to standard output; UserError goes to the caller.
void add_generate(CLI::App& app);

}  // namespace triaxis
