#include "cli/launch_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string_view>

#include "base/error.h"

namespace triaxis {
namespace {

/// RETURNS: the path of Open MPI's launcher: Debian's own name for it first, for mpirun may be another MPI's.
std::string find_mpirun() {
  const char* path = std::getenv("PATH");
  for (const char* name : {"mpirun.openmpi", "mpirun"}) {
    std::istringstream directories(path == nullptr ? "/usr/bin" : path);
    for (std::string directory; std::getline(directories, directory, ':');) {
      const std::filesystem::path candidate = std::filesystem::path(directory) / name;
      if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
  }
  throw UserError(
      "mpirun was not found in PATH: install the package openmpi-bin (apt-get install openmpi-bin), or use --transport "
      "local");
}

}  // namespace

LaunchCommand launch_command(const LaunchRequest& request, const std::filesystem::path& scratch) {
  LaunchCommand command{
      .program = find_mpirun(),
      .words = {"mpirun", "-n", std::to_string(request.ranks), "--bind-to", "none"},
      .environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                      {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                      {"OMPI_MCA_pml", "ob1"}},  // others look for hardware first, and some complain if there is none
      .one_host = request.hosts.empty(),
  };
  if (command.one_host) {
    command.words.emplace_back("--oversubscribe");  // more ranks than cores are fine
    command.environment.insert(command.environment.end(), {{"OMPI_MCA_btl", "self,vader"},
                                                           {"OMPI_MCA_plm_rsh_agent", "/bin/false"},  // not ssh: unused
                                                           {"OMPI_MCA_orte_tmpdir_base", scratch},
                                                           {"OMPI_MCA_btl_vader_backing_directory", scratch}});
  } else {
    command.words.insert(command.words.end(),
                         {"--host", request.hosts, "-x", "TRIAXIS_TERMINAL", "-x", "TRIAXIS_LAUNCHED"});
    if (std::getenv("OMP_NUM_THREADS") != nullptr) command.words.insert(command.words.end(), {"-x", "OMP_NUM_THREADS"});
    command.environment.emplace_back("OMPI_MCA_btl", "self,vader,tcp");
  }
  command.words.push_back(std::filesystem::read_symlink("/proc/self/exe"));
  command.words.insert(command.words.end(), request.words.begin(), request.words.end());
  return command;
}

}  // namespace triaxis
