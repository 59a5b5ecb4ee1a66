// A process that is killed at any call of a save: the run goes on to the same bits, and no complete checkpoint is lost.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tiny_run.h"

namespace triaxis {
namespace {

/// REQUIRES: a run has just been broken under the shim.
void expect_nothing_lost(const TinyRun& run) {
  const std::int64_t committed = newest_committed(run.calls());
  const std::vector<std::int64_t> there = run.readable_checkpoints();
  if (committed > 0) {
    EXPECT_TRUE(std::find(there.begin(), there.end(), committed) != there.end()) << "step " << committed << " is lost";
  }
}

void expect_killed(const TinyRun& run, const Fault& fault, const Ended& ended) {
  const bool is_whole_job = fault.rank == kNoRank;  // the only process, or the launcher
  EXPECT_EQ(ended.code, is_whole_job ? 128 + SIGKILL : 1) << ended.errors;
  if (!is_whole_job) {
    EXPECT_NE(ended.errors.find(fmt::format("rank {} was killed", fault.rank)), std::string::npos) << ended.errors;
  }
  EXPECT_TRUE(holds_within(std::chrono::seconds(10), [&] { return processes_with(run.folder()).empty(); }));
  expect_nothing_lost(run);
}

/// Kills a run at every `stride`-th call of `rank`, from call `first` on, and each time goes on.
void kill_at_every_call(const TinyRun& run, const WholeRun& whole, const std::string& rank, Deed deed, int first = 1,
                        int stride = 1) {
  const int calls = calls_of(whole.calls, rank);
  ASSERT_GT(calls, 0) << whole.end_state;
  for (int call = first; call <= calls; call += stride) {
    SCOPED_TRACE(fmt::format("{} at call {} of {} of rank {}", name_of(deed), call, calls, rank));
    run.clear();
    const Fault fault{.deed = deed, .rank = rank, .call = call};
    const Ended ended = run.train(fault);
    // Ranks may meet over a directory or not, so the last calls are not always there.
    const bool is_reached = ended.code != 0 || calls_of(run.calls(), rank) >= call;
    if (is_reached) expect_killed(run, fault, ended);
    ASSERT_EQ(run.end_state(is_reached ? run.train({"--resume"}) : ended), whole.end_state);
  }
}

TEST(Kill, BeforeEveryCallOfAProcess) {
  const TinyRun run("1x2x1", "local");
  kill_at_every_call(run, train_unbroken(run), std::string(kNoRank), Deed::kKillBefore);
}

TEST(Kill, AfterCallsOfAProcess) {
  const TinyRun run("1x1x2", "local");
  kill_at_every_call(run, train_unbroken(run), std::string(kNoRank), Deed::kKillAfter, 2, 5);
}

/// Broken in the middle, then broken again at every call of the resumed run.
void kill_the_resumed(int stride) {
  const TinyRun run("2x1x1", "local");
  const WholeRun whole = train_unbroken(run);
  const Fault first{
      .deed = Deed::kKillBefore, .rank = std::string(kNoRank), .call = calls_of(whole.calls, std::string(kNoRank)) / 2};
  const auto break_first = [&] {
    run.clear();
    EXPECT_EQ(run.train(first).code, 128 + SIGKILL);
  };
  break_first();
  EXPECT_EQ(run.end_state(run.train(Fault{}, {"--resume"})), whole.end_state);
  const int calls = calls_of(run.calls(), std::string(kNoRank));
  for (int call = 1; call <= calls; call += stride) {
    SCOPED_TRACE(fmt::format("again at call {} of {}", call, calls));
    break_first();
    const std::int64_t before = newest_committed(run.calls());
    const Fault second{.deed = Deed::kKillBefore, .rank = std::string(kNoRank), .call = call};
    expect_killed(run, second, run.train(second, {"--resume"}));
    const std::vector<std::int64_t> there = run.readable_checkpoints();
    EXPECT_GE(there.empty() ? 0 : there.back(), before);
    ASSERT_EQ(run.end_state(run.train({"--resume"})), whole.end_state);
  }
}

TEST(ResumeKill, AtSomeCalls) { kill_the_resumed(6); }
TEST(SlowResumeKill, AtEveryCall) { kill_the_resumed(1); }

TEST(Kill, OfOneRankOfAJob) {
  const TinyRun run("2x1x1");
  const WholeRun whole = train_unbroken(run);
  const int calls = calls_of(whole.calls, "0");
  kill_at_every_call(run, whole, "0", Deed::kKillBefore, calls / 4, calls / 3);
  kill_at_every_call(run, whole, "1", Deed::kKillBefore, 2, calls_of(whole.calls, "1"));
}

class SlowKill : public ::testing::TestWithParam<const char*> {};

/// The launcher, rank 0, which commits, and ranks that only write.
TEST_P(SlowKill, AtEveryCallOfEveryRank) {
  const TinyRun run(GetParam());
  const WholeRun whole = train_unbroken(run);
  std::set<std::string> ranks;
  for (const LoggedCall& call : whole.calls) ranks.insert(call.rank);
  EXPECT_EQ(ranks.size(), 1U + static_cast<std::size_t>(run.ranks()));
  for (const std::string& rank : ranks) {
    kill_at_every_call(run, whole, rank, Deed::kKillBefore);
    kill_at_every_call(run, whole, rank, Deed::kKillAfter, 1, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, SlowKill, ::testing::Values("2x1x1", "1x1x2", "2x2x2"),
                         [](const auto& layout) { return std::string(layout.param); });

/// What no kill can show, since the page cache survives it: when a checkpoint gets its name, all of its files and its
/// directory have been flushed since they were last changed, and when an older one goes, so has the run's directory.
TEST(Kill, WhatCountsIsOnTheDisk) {
  const TinyRun run("1x2x2", "local");
  const WholeRun whole = train_unbroken(run);
  std::set<std::string> unflushed;
  int commits = 0;
  for (const LoggedCall& call : whole.calls) {
    const std::string folder = std::filesystem::path(call.path).parent_path();
    if (call.name == "fsync" || call.name == "fdatasync") {
      unflushed.erase(call.path);
      continue;
    }
    const bool is_commit = newest_committed({call}) > 0;
    const bool is_removal = call.name == "rename" && !is_commit && call.other.ends_with(".tmp");
    if (is_commit) {
      ++commits;
      for (const std::string& path : unflushed) EXPECT_FALSE((path + "/").starts_with(call.path + "/")) << path;
    }
    if (is_removal) {
      EXPECT_FALSE(unflushed.contains(run.directory())) << call.path;
    }
    if (call.name == "rename") std::erase_if(unflushed, [&](const auto& path) { return path.starts_with(call.path); });
    const bool is_entry = call.name != "write" && call.name != "pwrite" && call.name != "ftruncate";
    unflushed.insert(is_entry ? folder : call.path);
  }
  EXPECT_EQ(commits, 3);
}

}  // namespace
}  // namespace triaxis
