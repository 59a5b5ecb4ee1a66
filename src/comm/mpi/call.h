// The result of an MPI call as an exception.
#pragma once

#include <mpi.h>

namespace triaxis {

/// Throws RunError in MPI's own words unless `result` is MPI_SUCCESS.
void mpi_call(int result);

}  // namespace triaxis
