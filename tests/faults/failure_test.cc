// A disk that is full, broken or slow to take what it is given, at any call of a save: one line says what failed, the
// last checkpoint stays, and the run goes on to the same bits.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tiny_run.h"

namespace triaxis {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

struct Failure {
  Deed deed;
  std::string_view reason;  ///< as the system says it
};

constexpr Failure kNoSpaceOnce = {Deed::kNoSpace, "No space left on device"};
constexpr Failure kIoErrorOnce = {Deed::kIoError, "Input/output error"};
constexpr Failure kFullDisk = {Deed::kFull, "No space left on device"};
constexpr Failure kBrokenDisk = {Deed::kBroken, "Input/output error"};

/// The run may have come to its end all the same (a full disk removes as before), else it said why not.
void expect_failed(const TinyRun& run, const Failure& failure, const Ended& ended, const std::string& end_state) {
  if (ended.code == 0) {
    EXPECT_EQ(run.end_state(ended), end_state);
    return;
  }
  EXPECT_THAT(ended.code, AnyOf(1, 2)) << ended.errors;
  EXPECT_EQ(count_errors(ended.errors), 1) << ended.errors;
  EXPECT_THAT(ended.errors, ContainsRegex(fmt::format("error: .*run.*{}", failure.reason)));
  EXPECT_EQ(ended.output, "");
  if (ended.code == 2) {
    EXPECT_THAT(ended.errors, AnyOf(HasSubstr("checkpoint.dir"), HasSubstr("log.metrics")));
  }
  const std::int64_t committed = newest_committed(run.calls());
  const std::vector<std::int64_t> there = run.readable_checkpoints();
  EXPECT_TRUE(committed == 0 || std::find(there.begin(), there.end(), committed) != there.end());
}

/// Lets every `stride`-th call of `rank` fail. RETURNS: how often the run failed.
int fail_at_calls(const TinyRun& run, const WholeRun& whole, const std::string& rank, const Failure& failure, int first,
                  int stride) {
  int failed = 0;
  const int calls = calls_of(whole.calls, rank);
  for (int call = first; call <= calls; call += stride) {
    SCOPED_TRACE(fmt::format("{} at call {} of {} of rank {}", name_of(failure.deed), call, calls, rank));
    run.clear();
    const Ended ended = run.train(Fault{.deed = failure.deed, .rank = rank, .call = call});
    expect_failed(run, failure, ended, whole.end_state);
    if (ended.code == 0) continue;
    ++failed;
    EXPECT_EQ(run.end_state(run.train({"--resume"})), whole.end_state);
    if (::testing::Test::HasFailure()) break;
  }
  return failed;
}

TEST(Failure, OfAnyCallOfAProcess) {
  const TinyRun run("1x2x1", "local");
  const WholeRun whole = train_unbroken(run);
  int first = 1;
  for (const Failure& failure : {kNoSpaceOnce, kIoErrorOnce, kFullDisk, kBrokenDisk})
    EXPECT_GT(fail_at_calls(run, whole, std::string(kNoRank), failure, first++, 9), 0);
}

TEST(SlowFailure, OfEveryCallOfAProcess) {
  const TinyRun run("2x1x1", "local");
  const WholeRun whole = train_unbroken(run);
  for (const Failure& failure : {kNoSpaceOnce, kIoErrorOnce, kFullDisk, kBrokenDisk})
    EXPECT_GT(fail_at_calls(run, whole, std::string(kNoRank), failure, 1, 1), 0);
}

TEST(SlowFailure, OfEveryRankOfAJob) {
  const TinyRun run("1x2x2");
  const WholeRun whole = train_unbroken(run);
  for (const char* rank : {"none", "0", "1", "2", "3"}) {
    for (const Failure& failure : {kIoErrorOnce, kFullDisk})
      EXPECT_GT(fail_at_calls(run, whole, rank, failure, 1, 1), 0);
  }
}

TEST(Failure, OfARankOfAJob) {
  const TinyRun run("1x2x1");
  const WholeRun whole = train_unbroken(run);
  const auto fail_in_the_middle = [&](const char* rank, const Failure& failure) {
    const int calls = calls_of(whole.calls, rank);
    return fail_at_calls(run, whole, rank, failure, calls / 2, calls);
  };
  EXPECT_EQ(fail_in_the_middle("0", kIoErrorOnce), 1);
  EXPECT_EQ(fail_in_the_middle("1", kFullDisk), 1);
}

TEST(Failure, AShortWriteIsFinished) {
  const TinyRun run("1x2x1", "local");
  const WholeRun whole = train_unbroken(run);
  const int calls = calls_of(whole.calls, std::string(kNoRank));
  for (int call = 1; call <= calls; call += 3) {
    run.clear();
    const Ended ended = run.train(Fault{.deed = Deed::kShort, .rank = std::string(kNoRank), .call = call});
    ASSERT_EQ(run.end_state(ended), whole.end_state) << "a short write at call " << call;
  }
}

// Root may write in a read-only directory, but nobody below a file.
TEST(Failure, ADirectoryThatCannotBeWritten) {
  const TinyRun run("1x1x1", "local");
  std::ofstream(run.folder() / "file") << "no directory\n";
  for (const char* directory : {"file", "file/run", "/proc/run"}) {
    const Ended ended = run.train({"--set", fmt::format("checkpoint.dir={}", directory)});
    EXPECT_EQ(ended.code, 2) << directory;
    EXPECT_EQ(count_errors(ended.errors), 1) << ended.errors;
    EXPECT_THAT(ended.errors, HasSubstr("checkpoint.dir"));
    EXPECT_THAT(ended.errors, HasSubstr(directory));
  }
}

}  // namespace
}  // namespace triaxis
