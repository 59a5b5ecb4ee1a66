#include "comm/local/local.h"

#include <fmt/format.h>

#include <exception>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "comm/local/hub.h"
#include "comm/local/world.h"

namespace triaxis {
namespace {

/// Throws `failure` again, as it was but for `prefix`.
[[noreturn]] void rethrow(const std::exception_ptr& failure, const std::string& prefix) {
  try {
    std::rethrow_exception(failure);
  } catch (const UserError& error) {
    throw UserError(prefix + error.what());
  } catch (const RunError& error) {
    throw RunError(prefix + error.what());
  } catch (const std::logic_error& error) {
    throw std::logic_error(prefix + error.what());
  }
}

}  // namespace

void run_local(int ranks, const std::function<void(World&)>& body) {
  check(ranks > 0, "a job needs a rank");
  LocalHub hub(ranks);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(ranks));
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < ranks; ++rank) {
      threads.emplace_back([&hub, &body, &failure = failures[static_cast<std::size_t>(rank)], rank] {
        LocalWorld world(hub, rank);
        try {
          body(world);
        } catch (...) {
          failure = std::current_exception();
          hub.fail(rank);
        }
      });
    }
  }
  if (!hub.failed()) return;
  const std::vector<std::string> reports = hub.deadline_reports();
  for (std::size_t rank = 0; rank < reports.size(); ++rank) {
    if (static_cast<int>(rank) != hub.first() && !reports[rank].empty()) log_error(reports[rank]);
  }
  const bool late = !reports.empty();  // its message names the rank already
  rethrow(failures[static_cast<std::size_t>(hub.first())],
          ranks > 1 && !late ? fmt::format("rank {}: ", hub.first()) : "");
}

}  // namespace triaxis
