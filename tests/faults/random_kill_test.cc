// SIGKILL of a random process of a job, the launcher among them, at a random moment, again and again until the run
// comes to its end. TRIAXIS_RANDOM_SEED repeats one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tiny_run.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

class RandomKill {
 public:
  RandomKill(const std::string& layout, unsigned seed) : run_(layout), random_(seed) {
    run_.clear();
    const Clock::time_point start = Clock::now();
    expected_ = run_.end_state(run_.train());
    duration_ = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  }

  /// One run that is killed up to three times before it is let go to its end. RETURNS: how often it was.
  int break_and_resume() {
    run_.clear();
    newest_ = 0;
    int kills = 0;
    for (const int wanted = uniform(1, 3); kills < wanted && kill_once(kills); ++kills) {
    }
    EXPECT_EQ(run_.end_state(run_.train({"--resume"})), expected_);
    return kills;
  }

 private:
  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  /// RETURNS: whether the job still ran when its time had come.
  bool kill_once(int kills) {
    Child child(run_.words({"--resume"}), run_.folder());
    const auto moment = std::chrono::milliseconds(uniform(0, static_cast<int>(duration_.count())));
    std::this_thread::sleep_for(moment);
    const pid_t victim = choose(child.id());
    SCOPED_TRACE(fmt::format("kill {} after {} ms: process {} of {}, rank {}", kills + 1, moment.count(), victim,
                             child.id(), environment_of(victim, "OMPI_COMM_WORLD_RANK")));
    kill(victim, SIGKILL);
    const Ended ended = child.wait();
    EXPECT_NE(ended.code, -1) << "it hangs: " << ended.errors;
    EXPECT_TRUE(holds_within(std::chrono::seconds(10), [&] { return processes_with(run_.folder()).empty(); }));
    const std::vector<std::int64_t> there = run_.readable_checkpoints();
    EXPECT_GE(there.empty() ? 0 : there.back(), newest_);
    if (!there.empty()) newest_ = there.back();
    return ended.code != 0;
  }

  /// The launcher, or one of the ranks if they have been started.
  pid_t choose(pid_t launcher) {
    std::vector<pid_t> all = processes_with(run_.folder());
    std::erase_if(all, [&](pid_t process) {
      return process != launcher && environment_of(process, "OMPI_COMM_WORLD_RANK").empty();
    });
    return all.empty() ? launcher : all[static_cast<std::size_t>(uniform(0, static_cast<int>(all.size()) - 1))];
  }

  TinyRun run_;
  std::mt19937 random_;
  std::string expected_;
  std::chrono::milliseconds duration_{};
  std::int64_t newest_ = 0;
};

/// RETURNS: the seed, which a failure has to be repeated with.
unsigned seed() {
  const char* given = std::getenv("TRIAXIS_RANDOM_SEED");
  const unsigned seed = given == nullptr ? std::random_device()() : static_cast<unsigned>(std::stoul(given));
  fmt::print("TRIAXIS_RANDOM_SEED={}\n", seed);
  std::fflush(stdout);
  return seed;
}

void kill_often(const std::string& layout, int wanted) {
  RandomKill breaking(layout, seed());
  int kills = 0;
  while (kills < wanted && !::testing::Test::HasFailure()) kills += breaking.break_and_resume();
  fmt::print("{} kills\n", kills);
}

TEST(RandomKill, OfAPairOfRanks) { kill_often("2x1x1", 4); }
TEST(SlowRandomKill, OfAPairOfRanks) { kill_often("1x1x2", 40); }
TEST(SlowRandomKill, OfFourRanks) { kill_often("2x2x1", 40); }
TEST(SlowRandomKill, OfEightRanks) { kill_often("2x2x2", 40); }

}  // namespace
}  // namespace triaxis
