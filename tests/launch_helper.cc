// A program that launches itself as ranks which do what launch_test asks for:
// launch_helper RANKS DIRECTORY DEED [NUMBER [RESTARTS DELAY]] [again]...
// Each restart adds a word "again".
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "cli/supervise.h"
#include "comm/mpi/world.h"

namespace triaxis {
namespace {

std::atomic<bool> told_to_stop = false;
constexpr int kWordsBeforeAgain = 7;

/// Receives from the next rank, which never sends, until the signal to stop; without patience, until the deadline.
void wait_in_vain(World& world, bool patient) {
  std::vector<int> ranks(static_cast<std::size_t>(world.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  const std::unique_ptr<Communicator> group = world.group(ranks);
  std::array<std::byte, 8> bytes{};
  const Ticket ticket = group->receive((world.rank() + 1) % world.size(), bytes);
  if (!patient) group->wait(ticket);
  while (!told_to_stop.load()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  group->abandon(ticket);
  log_info("told to stop");
}

void write_output(const World& world) {
  if (world.rank() != 0) return;
  for (int i = 0; i < 1 << 18; ++i) std::fwrite(&i, sizeof i, 1, stdout);
  std::fputs("\r50%\r100%\n", stderr);
  fmt::print(stderr, "columns {}\n", std::getenv("TRIAXIS_TERMINAL"));
}

void be_rank(World& world, const std::string& deed, int number, int starts_before) {
  const bool chosen = world.rank() == 2;
  if (deed == "die" && chosen && starts_before < number) raise(SIGKILL);
  if (deed == "fail" && chosen && number == 2) throw UserError("the corpus is empty");
  if (deed == "fail" && chosen) throw RunError("the disk is full");
  if (deed == "end" && chosen) _exit(number);
  if (deed == "output") return write_output(world);
  if (deed == "die" && starts_before >= number) return log_info("done");
  if (deed == "late") {
    world.set_timeout(1);
    world.set_activity([] { return "1F3; last completed 1F2"; });
  }
  wait_in_vain(world, deed == "wait" || deed == "slow");
}

int run_rank(const std::string& directory, const std::string& deed, int number, int starts_before) {
  die_with_parent();
  if (deed == "slow") std::this_thread::sleep_for(std::chrono::seconds(1));
  if (deed == "never") std::this_thread::sleep_for(std::chrono::minutes(1));
  std::signal(SIGUSR1, [](int) { told_to_stop.store(true); });
  MpiWorld world;
  if (world.rank() == 0) tell_ready();
  set_log_prefix(fmt::format("rank {}: ", world.rank()));
  std::ofstream(fmt::format("{}/rank{}", directory, world.rank()))
      << getpid() << ' ' << getppid() << ' ' << std::getenv("OMPI_MCA_orte_tmpdir_base");
  try {
    be_rank(world, deed, number, starts_before);
  } catch (const UserError& error) {
    log_error(error.what());
    world.abort(2);
  } catch (const std::exception& error) {
    log_error(error.what());
    world.abort(1);
  }
  return 0;
}

int run(int argc, char** argv) {
  const int number = argc > 4 ? std::atoi(argv[4]) : 0;
  if (under_mpi_launcher()) return run_rank(argv[2], argv[3], number, std::max(argc - kWordsBeforeAgain, 0));
  LaunchRequest request{.ranks = std::atoi(argv[1]), .hosts = {}, .words = {argv + 1, argv + argc}};
  if (std::string(argv[3]) == "never") request.ready_within = number;
  RestartPolicy policy;
  if (argc == kWordsBeforeAgain) policy = {.restarts = std::atoi(argv[5]), .first_delay = std::atof(argv[6])};
  LaunchSignals signals;
  try {
    return supervise(request, policy, signals, [&request](const LaunchOutcome& /*outcome*/) {
      request.words.emplace_back("again");
      return NextStart{.request = request, .from = "step 7", .note = "as before"};
    });
  } catch (const UserError& error) {
    log_error(error.what());
    return 2;
  }
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) { return triaxis::run(argc, argv); }
