// Ending the program from a subcommand that has said all there is to say.
#pragma once

namespace triaxis {

/// Thrown by a subcommand whose failure has been printed already, by the ranks that it started.
struct Exit {
  int code = 0;
};

}  // namespace triaxis
