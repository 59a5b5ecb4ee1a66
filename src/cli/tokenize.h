// `triaxis tokenize`: a text, or a folder of texts, as a token file.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand. Its callback does the work and prints to standard output; UserError goes to the caller.
void add_tokenize(CLI::App& app);

}  // namespace triaxis
