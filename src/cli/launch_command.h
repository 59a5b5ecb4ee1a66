// How mpirun is called.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/launch.h"

namespace triaxis {

/// A command and what is added to its environment, where the user has not set it.
struct LaunchCommand {
  std::filesystem::path program;
  std::vector<std::string> words;  ///< its name first
  std::vector<std::pair<std::string, std::string>> environment;
  bool one_host = true;  ///< mpirun itself is every rank's parent
};

/// The command that runs the ranks of `request`, with the job's files in `scratch`. Throws UserError if Open MPI is not
/// installed.
LaunchCommand launch_command(const LaunchRequest& request, const std::filesystem::path& scratch);

}  // namespace triaxis
