// Run under mpirun: every rank runs every job, and a rank that fails ends all.
#include <fmt/format.h>

#include <exception>

#include "base/log.h"
#include "comm/mpi/world.h"
#include "transport_suite.h"

int main() {
  using namespace triaxis;
  // Short messages, so that the long ones travel in several.
  MpiWorld world(std::size_t{1} << 20);
  set_log_prefix(fmt::format("rank {}: ", world.rank()));
  world.set_timeout(60);
  for (const TransportJob& job : transport_jobs()) {
    try {
      job.run(world);
    } catch (const std::exception& error) {
      log_error(fmt::format("{}: {}", job.name, error.what()));
      world.abort(1);
    }
    if (world.rank() == 0) log_info(fmt::format("{}: passed on {} ranks", job.name, world.size()));
  }
}
