// The launcher from outside: what a user sees, and what is left, when a rank, the MPI launcher or ours fails, is told
// to stop or is killed.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr int kRanks = 4;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool holds_within(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
  for (const auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < limit;) {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return condition();
}

/// The helper as a process, told apart from all others by its directory, which every process of the job has in its
/// command line.
class Launched {
 public:
  explicit Launched(const std::vector<std::string>& deed, const char* path = nullptr) {
    std::string name = fs::temp_directory_path() / "launch_test_XXXXXX";
    directory_ = mkdtemp(name.data());
    std::vector<std::string> words = {LAUNCH_HELPER, std::to_string(kRanks), directory_};
    words.insert(words.end(), deed.begin(), deed.end());
    id_ = fork();
    if (id_ == 0) become(words, path);
  }
  ~Launched() {
    for (const pid_t pid : running()) kill(pid, SIGKILL);
    if (id_ > 0) waitpid(id_, nullptr, 0);
    fs::remove_all(directory_);
  }
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;

  pid_t id() const { return id_; }
  pid_t rank(int rank) const { return written_by(rank).rank; }
  pid_t mpirun() const { return written_by(0).parent; }
  bool all_ranks_run() const {
    return holds_within(20s, [&] {
      for (int rank = 0; rank < kRanks; ++rank) {
        if (written_by(rank).scratch.empty()) return false;
      }
      return true;
    });
  }

  /// The exit code, or 128 and the signal; -1 if it does not end.
  int ended() {
    int status = 0;
    if (!holds_within(20s, [&] { return waitpid(id_, &status, WNOHANG) == id_; })) return -1;
    id_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string output() const { return contents(fs::path(directory_) / "out"); }
  std::string errors() const { return contents(fs::path(directory_) / "err"); }

  /// What is left of the job five seconds later: processes, and the directory of its files.
  std::string leftovers() const {
    const std::string scratch = written_by(0).scratch;
    std::string left;
    holds_within(5s, [&] {
      left.clear();
      for (const pid_t pid : running()) left += fmt::format("process {}; ", pid);
      if (!scratch.empty() && fs::exists(scratch)) left += scratch;
      return left.empty();
    });
    return left;
  }

 private:
  [[noreturn]] void become(const std::vector<std::string>& words, const char* path) {
    if (path != nullptr) setenv("PATH", path, 1);
    for (const auto& [name, stream] : {std::pair{"out", STDOUT_FILENO}, std::pair{"err", STDERR_FILENO}}) {
      dup2(open((fs::path(directory_) / name).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), stream);
    }
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }

  struct Written {
    pid_t rank = 0;
    pid_t parent = 0;
    std::string scratch;
  };
  /// What a rank wrote about itself when it had started.
  Written written_by(int rank) const {
    std::istringstream text(contents(fs::path(directory_) / fmt::format("rank{}", rank)));
    Written written;
    text >> written.rank >> written.parent >> written.scratch;
    return written;
  }

  /// All processes of the job. The dead whom nobody has buried have no command line.
  std::vector<pid_t> running() const {
    std::vector<pid_t> found;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
      if (contents(entry.path() / "cmdline").find(directory_) != std::string::npos) found.push_back(std::stoi(name));
    }
    return found;
  }

  std::string directory_;
  pid_t id_ = -1;
};

TEST(Launch, OutputPassesUntouchedAndSuccessIsZero) {
  Launched job({"output"});
  EXPECT_EQ(job.ended(), 0) << job.errors();
  std::string expected;
  for (int i = 0; i < 1 << 18; ++i) expected.append(reinterpret_cast<const char*>(&i), sizeof i);
  EXPECT_TRUE(job.output() == expected);
  EXPECT_EQ(job.errors(), "\r50%\r100%\ncolumns 0\n");
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AUsersMistakeIsTwoAndInTheRanksWords) {
  Launched job({"fail", "2"});
  EXPECT_EQ(job.ended(), 2);
  EXPECT_EQ(job.errors(), "rank 2: error: the corpus is empty\n");
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AnotherFailureIsOne) {
  Launched job({"fail", "1"});
  EXPECT_EQ(job.ended(), 1);
  EXPECT_EQ(job.errors(), "rank 2: error: the disk is full\n");
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, ARankThatEndsWithoutAWordIsNamed) {
  Launched job({"end", "7"});
  EXPECT_EQ(job.ended(), 1);
  EXPECT_EQ(job.errors(), "triaxis: error: rank 2 ended with exit code 7\n");
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AKilledRankIsNamedAndEndsTheJob) {
  Launched job({"wait"});
  ASSERT_TRUE(job.all_ranks_run());
  kill(job.rank(3), SIGKILL);
  EXPECT_EQ(job.ended(), 1);
  EXPECT_EQ(job.errors(), "triaxis: error: rank 3 was killed by signal 9 (Killed)\n");
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AKilledMpirunEndsTheJob) {
  Launched job({"hang"});
  ASSERT_TRUE(job.all_ranks_run());
  kill(job.mpirun(), SIGKILL);
  EXPECT_EQ(job.ended(), 1);
  EXPECT_THAT(job.errors(), HasSubstr("triaxis: error: the MPI launcher was killed by signal 9 (Killed)\n"));
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AKilledLauncherEndsTheJob) {
  Launched job({"hang"});
  ASSERT_TRUE(job.all_ranks_run());
  kill(job.id(), SIGKILL);
  EXPECT_EQ(job.ended(), 128 + SIGKILL);
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, BothKilledAtOnceEndTheJob) {
  Launched job({"hang"});
  ASSERT_TRUE(job.all_ranks_run());
  const pid_t mpirun = job.mpirun();
  kill(job.id(), SIGKILL);
  kill(mpirun, SIGKILL);
  EXPECT_EQ(job.ended(), 128 + SIGKILL);
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AKilledLauncherAloneEndsRanksThatHaveJustStarted) {
  Launched job({"hang"});
  std::this_thread::sleep_for(150ms);
  kill(job.id(), SIGKILL);
  EXPECT_EQ(job.ended(), 128 + SIGKILL);
  EXPECT_EQ(job.leftovers(), "");
}

class LaunchSignal : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Signals, LaunchSignal, ::testing::Values(SIGTERM, SIGINT, SIGUSR1));

TEST_P(LaunchSignal, ReachesTheRanksAsTheSignalToStop) {
  Launched job({"wait"});
  ASSERT_TRUE(job.all_ranks_run());
  kill(job.id(), GetParam());
  EXPECT_EQ(job.ended(), 0);
  for (int rank = 0; rank < kRanks; ++rank) {
    EXPECT_THAT(job.errors(), HasSubstr(fmt::format("rank {}: told to stop\n", rank)));
  }
  EXPECT_THAT(job.errors(), Not(HasSubstr("orwarding")));
  EXPECT_EQ(job.leftovers(), "");
}

TEST_P(LaunchSignal, WaitsUntilTheRanksAreReady) {
  Launched job({"slow"});
  std::this_thread::sleep_for(300ms);
  kill(job.id(), GetParam());
  EXPECT_EQ(job.ended(), 0) << job.errors();
  for (int rank = 0; rank < kRanks; ++rank) {
    EXPECT_THAT(job.errors(), HasSubstr(fmt::format("rank {}: told to stop\n", rank)));
  }
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, ADeadRankIsStartedAgainWithWhatFollows) {
  Launched job({"die", "2", "3", "0.1"});
  EXPECT_EQ(job.ended(), 0);
  EXPECT_THAT(job.errors(),
              MatchesRegex("triaxis: warning: rank 2 was killed by signal 9 \\(Killed\\); restart 1 of 3 in 0.1 s from "
                           "step 7\ntriaxis: warning: as before\n"
                           "triaxis: warning: rank 2 was killed by signal 9 \\(Killed\\); restart 2 of 3 in 0.2 s from "
                           "step 7\ntriaxis: warning: as before\n"
                           "(rank [0-3]: done\n)+"));
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, RestartsRunOut) {
  Launched job({"die", "9", "1", "0"});
  EXPECT_EQ(job.ended(), 1);
  EXPECT_THAT(job.errors(), HasSubstr("triaxis: error: rank 2 was killed by signal 9 (Killed); given up after 1 "
                                      "restart\n"));
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, AFailureOfARankIsStartedAgainButNotAUsersMistake) {
  Launched failed({"fail", "1", "1", "0"});
  EXPECT_EQ(failed.ended(), 1);
  EXPECT_THAT(failed.errors(),
              MatchesRegex("rank 2: error: the disk is full\n"
                           "triaxis: warning: (rank 2|the job) ended with exit code 1; restart 1 of 1 in 0 s from step "
                           "7\ntriaxis: warning: as before\n"
                           "rank 2: error: the disk is full\n"
                           "triaxis: error: (rank 2|the job) ended with exit code 1; given up after 1 restart\n"));
  Launched mistaken({"fail", "2", "1", "0"});
  EXPECT_EQ(mistaken.ended(), 2);
  EXPECT_EQ(mistaken.errors(), "rank 2: error: the corpus is empty\n");
}

TEST_P(LaunchSignal, EndsTheWaitForARestart) {
  Launched job({"die", "9", "9", "60"});
  ASSERT_TRUE(holds_within(20s, [&] { return job.errors().find("in 60 s") != std::string::npos; }));
  kill(job.id(), GetParam());
  EXPECT_EQ(job.ended(), 1);
  EXPECT_THAT(job.errors(), HasSubstr("before the restart; --resume goes on from step 7\n"));
  EXPECT_EQ(job.leftovers(), "");
}

TEST_P(LaunchSignal, EndsAJobThatWouldBeStartedAgain) {
  Launched job({"wait", "0", "9", "0"});
  ASSERT_TRUE(job.all_ranks_run());
  kill(job.id(), GetParam());
  EXPECT_EQ(job.ended(), 0);
  EXPECT_THAT(job.errors(), Not(HasSubstr("restart")));
}

TEST(Launch, ASecondInterruptEndsAtOnce) {
  Launched job({"hang"});
  ASSERT_TRUE(job.all_ranks_run());
  kill(job.id(), SIGINT);
  std::this_thread::sleep_for(300ms);
  kill(job.id(), SIGINT);
  EXPECT_EQ(job.ended(), 1);
  EXPECT_THAT(job.errors(), HasSubstr("triaxis: error: stopped at once\n"));
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, OnADeadlineEveryRankSaysWhomItWaitsFor) {
  Launched job({"late"});
  EXPECT_EQ(job.ended(), 1);
  for (int rank = 0; rank < kRanks; ++rank) {
    EXPECT_THAT(job.errors(), ContainsRegex(fmt::format(
                                  "rank {0}: error: rank {0} waited [0-9.]+ s for a message from rank {1}, doing "
                                  "1F3; last completed 1F2\n",
                                  rank, (rank + 1) % kRanks)));
  }
  EXPECT_THAT(job.errors(), Not(HasSubstr("----------")));
  EXPECT_EQ(job.leftovers(), "");
}

// As when a rank is killed while it connects, which mpirun may not notice.
TEST(Launch, RanksThatNeverComeUpAreNotWaitedForForEver) {
  Launched job({"never", "2", "1", "0"});
  EXPECT_EQ(job.ended(), 1);
  EXPECT_THAT(job.errors(), HasSubstr("the ranks were not ready within 2 s (comm.timeout); restart 1 of 1"));
  EXPECT_THAT(job.errors(), HasSubstr("(comm.timeout); given up after 1 restart\n"));
  EXPECT_EQ(job.leftovers(), "");
}

TEST(Launch, WithoutMpirunThePackageIsNamed) {
  Launched job({"output"}, "/nonexistent");
  EXPECT_EQ(job.ended(), 2);
  EXPECT_THAT(job.errors(), HasSubstr("mpirun was not found in PATH: install the package openmpi-bin"));
}

}  // namespace
}  // namespace triaxis
