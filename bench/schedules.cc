// What every schedule's paper promises beside what the verified table gives, then how fast tables are made, timed and
// verified. Exits with 1 if a promise is broken. bench_schedules [promises|speed]; both unless given.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "schedule/period.h"
#include "schedule/registry.h"
#include "schedule/timing.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

/// One promise: what was promised, and the least and most of what ranks have.
struct Promise {
  double promised = 0;
  double least = 0;
  double most = 0;
  bool exact = false;

  bool kept() const { return most <= promised + 1e-9 && (!exact || least >= promised - 1e-9); }
};

/// "exactly 12: 12", "at most 25: 23", "12, BROKEN: 12 to 13".
std::string text_of(const std::optional<Promise>& promise) {
  if (!promise) return "no figure";
  if (!promise->kept())
    return fmt::format("{:g}, BROKEN: {:g} to {:g}", promise->promised, promise->least, promise->most);
  return fmt::format("{} {:g}: {:g}", promise->exact ? "exactly" : "at most", promise->promised, promise->most);
}

/// What ranks idle at F = I = W = 1. Nothing where nothing is promised, or the table is too short to have a period.
std::optional<Promise> bubble_of(const ScheduleRow& row, const ScheduleRequest& request, const Table& table) {
  if (row.bubble == nullptr) return std::nullopt;
  const Timeline timeline = time_table(table, {});
  double whole = timeline.makespan;
  double share = 1;
  if (row.bubble_of == BubbleOf::kPeriod) {
    const auto period = period_of(table, {});
    if (!period) return std::nullopt;
    whole = *period;
    share = share_of_period(table);
  }
  const auto [least, most] = std::minmax_element(timeline.busy.begin(), timeline.busy.end());
  return Promise{row.bubble(request, {}), whole - share * *most, whole - share * *least, row.bubble_exact(request)};
}

/// What the rank holds that is furthest from what is promised of it.
std::optional<Promise> peak_of(const ScheduleRow& row, const ScheduleRequest& request, const Verification& verified) {
  if (row.peak_activations == nullptr) return std::nullopt;
  std::optional<Promise> fullest;
  for (int rank = 0; rank < request.ranks; ++rank) {
    const double peak = verified.ranks[static_cast<std::size_t>(rank)].activations;
    const Promise promise{static_cast<double>(row.peak_activations(request, rank)), peak, peak, row.peak_exact};
    if (!promise.kept()) return promise;
    if (!fullest || promise.most > fullest->most) fullest = promise;
  }
  return fullest;
}

/// The request of these sizes, or of the next number of microbatches inside the schedule's domain.
std::optional<ScheduleRequest> request_inside(const ScheduleRow& row, int ranks, int microbatches) {
  ScheduleRequest request{ranks, microbatches, row.default_stages_per_rank};
  const int last = 4 * microbatches;
  for (; request.microbatches <= last; ++request.microbatches)
    if (row.outside == nullptr || row.outside(request).empty()) return request;
  return std::nullopt;
}

/// Prints a line a schedule and size. RETURNS: how many promises are broken.
int print_promises() {
  int broken = 0;
  fmt::print(
      "F = I = W = 1; idle time of the flush, or of the period where it says so; activations of the fullest rank\n");
  fmt::print("{:<15}{:>5}{:>5}{:>3}  {:<36}{}\n", "schedule", "p", "m", "v", "bubble", "peak activations");
  for (const ScheduleRow& row : schedules()) {
    for (const int ranks : {4, 8, 16}) {
      for (const int times : {1, 4}) {
        const auto request = request_inside(row, ranks, times * ranks);
        if (!request) continue;
        const Table table = make_schedule(row, *request);
        const auto peak = peak_of(row, *request, verify(table));
        const auto bubble = bubble_of(row, *request, table);
        const std::string_view of = bubble && row.bubble_of == BubbleOf::kPeriod ? " of the period" : "";
        fmt::print("{:<15}{:>5}{:>5}{:>3}  {:<36}{}\n", row.name, ranks, request->microbatches,
                   request->stages_per_rank, text_of(bubble) + std::string(of), text_of(peak));
        for (const auto& promise : {bubble, peak}) broken += promise && !promise->kept() ? 1 : 0;
      }
    }
  }
  fmt::print("{} promises broken\n\n", broken);
  return broken;
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Makes, times and verifies a table of these sizes, and prints what that took.
void print_speed(std::string_view name, const ScheduleRequest& request) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  const Table table = make_schedule(name, request);
  const double made = seconds_since(start);
  double actions = 0;
  for (const auto& row : table.rows) actions += static_cast<double>(row.size());
  start = Clock::now();
  time_table(table, {{1}, {1.2}, {0.8}, 0.1, {}});
  const double timed = seconds_since(start);
  const double memory = peak_memory_mib();
  start = Clock::now();
  verify(table);
  const double verified = seconds_since(start);
  fmt::print("{:<15}{:>6}{:>3}{:>6}{:>7.1f}", name, request.ranks, request.stages_per_rank, request.microbatches,
             actions / 1e6);
  for (const double seconds : {made, timed, verified}) fmt::print("{:>8.3f}{:>6.0f}", seconds, actions / seconds / 1e6);
  fmt::print("{:>8.0f}{:>8.0f}\n", memory, peak_memory_mib());
}

/// The same in a process of its own, since a process's peak memory never falls. RETURNS: whether it went well.
bool print_speed_apart(std::string_view name, const ScheduleRequest& request) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    print_speed(name, request);
    std::fflush(stdout);
    _exit(0);
  }
  int status = 1;
  return waitpid(child, &status, 0) == child && status == 0;
}

bool print_speeds() {
  fmt::print(
      "seconds and millions of actions a second to make, time and verify; peak MiB of a process that makes and\n"
      "times a table, and of one that verifies it, too\n");
  fmt::print("{:<15}{:>6}{:>3}{:>6}{:>7}{:>14}{:>14}{:>14}{:>16}\n", "schedule", "p", "v", "m", "M act.", "make",
             "time", "verify", "memory");
  bool good = true;
  for (const std::string_view name : {"interleaved", "bfs", "interleaved-zb"})
    good = print_speed_apart(name, {64, 2048, 8}) && good;
  for (const std::string_view name : {"1f1b", "gpipe", "zb-h1", "zb-v", "dualpipe"}) {
    const int stages = find_schedule(name).default_stages_per_rank;
    good = print_speed_apart(name, {64, 2048, stages}) && good;
    good = print_speed_apart(name, {1024, 4096, stages}) && good;
  }
  return good;
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "both";
  try {
    const bool kept = part == "speed" || triaxis::print_promises() == 0;
    const bool fast = part == "promises" || triaxis::print_speeds();
    return kept && fast ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_schedules: {}\n", error.what());
    return 1;
  }
}
