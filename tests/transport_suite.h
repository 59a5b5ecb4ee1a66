// What every transport must do, as jobs that throw where it does not. Run over threads by transport_test and over
// processes by mpi_transport_test.
#pragma once

#include <span>
#include <string_view>

#include "comm/communicator.h"

namespace triaxis {

struct TransportJob {
  std::string_view name;
  void (*run)(World& world);  ///< for any number of ranks
};

std::span<const TransportJob> transport_jobs();

}  // namespace triaxis
