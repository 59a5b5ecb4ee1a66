// Run under mpirun: every rank runs every job, and a rank that fails ends all.
#include <fmt/format.h>

#include <exception>

#include "base/log.h"
#include "comm/mpi/world.h"
#include "transport_suite.h"

namespace triaxis {
namespace {

void run_all(MpiWorld& world) {
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

}  // namespace
}  // namespace triaxis

int main() {
  triaxis::MpiWorld world(std::size_t{1} << 20);  // so that long messages travel in several
  triaxis::set_log_prefix(fmt::format("rank {}: ", world.rank()));
  world.set_timeout(60);
  triaxis::run_all(world);
}
