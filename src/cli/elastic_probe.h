// Which hosts of a job still answer.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace triaxis {

/// Asks all hosts at once, each with the command by which the MPI launcher would start its ranks there (ssh, or
/// OMPI_MCA_plm_rsh_agent).
/// RETURNS: those that have not answered in time. This machine answers; where that command is not installed, none is
/// accused.
std::vector<std::string> unreachable_hosts(const std::vector<std::string>& hosts, std::chrono::milliseconds limit);

}  // namespace triaxis
