// `triaxis convert`: a checkpoint in another layout, and to and from Hugging Face's format.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace triaxis {

/// Adds the subcommand. Its callback does the work and prints to standard output; UserError goes to the caller.
void add_convert(CLI::App& app);

}  // namespace triaxis
