// `triaxis train`: checks everything that needs no second rank, starts the ranks or joins them, trains, and says what
// came of it.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand. `argv` is the program's own, for the ranks that it starts.
void add_train(CLI::App& app, char** argv);

}  // namespace triaxis
