// The program killed and told to stop, from outside: it starts again or can be resumed, and reaches the bits of a run
// that nothing befell.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
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

constexpr int kSteps = 600;  // a millisecond or a few each

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool holds_soon(const std::function<bool()>& condition) {
  for (const auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < 30s;) {
    if (condition()) return true;
    std::this_thread::sleep_for(2ms);
  }
  return condition();
}

/// What stands behind `name` in /proc/PID/status.
std::string status_of(pid_t process, const std::string& name) {
  std::istringstream lines(content(fmt::format("/proc/{}/status", process)));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":")) return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  }
  return "";
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
    if (status_of(std::stoi(name), "PPid") == std::to_string(parent)) found.push_back(std::stoi(name));
  }
  return found;
}

/// `process` or one below it that is the given rank of an MPI job; -1 if there is none.
pid_t find_rank(pid_t process, int rank) {
  const std::string environment = content(fmt::format("/proc/{}/environ", process));
  const std::string mark = fmt::format("OMPI_COMM_WORLD_RANK={}", rank);
  if (environment.find(mark + '\0') != std::string::npos) return process;
  for (const pid_t child : children_of(process)) {
    if (const pid_t found = find_rank(child, rank); found > 0) return found;
  }
  return -1;
}

class Restart : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "restart_test_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream corpus(folder_ / "corpus.txt");
    for (int i = 0; i < 3000; ++i) corpus << "line " << i * 7919 % 1000 << " of the text\n";
    std::ofstream(folder_ / "run.toml") << fmt::format(
        "[model]\nlayers = 2\nhidden = 32\nheads = 4\nvocab = 0\nseq_len = 16\n"
        "[data]\npath = \"corpus.txt\"\n[batch]\nglobal = 8\nmicro = 2\n"
        "[train]\nsteps = {}\nthreads = 1\n[numerics]\ntensor_shards = 2\ndata_groups = 2\n"
        "[checkpoint]\ndir = \"out\"\nevery = 20\n",
        kSteps);
  }
  void TearDown() override {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    fs::remove_all(folder_);
  }

  void start(const std::vector<std::string>& words) {
    process_ = fork();
    if (process_ != 0) return;
    if (chdir(folder_.c_str()) != 0) _exit(127);
    for (const auto& [name, stream] : {std::pair{"out.txt", STDOUT_FILENO}, std::pair{"err.txt", STDERR_FILENO}}) {
      dup2(open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600), stream);
    }
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }

  /// The program's words; those that the test does not care about are in `line`, between blanks.
  static std::vector<std::string> train(const std::string& line) {
    std::vector<std::string> words = {TRIAXIS_PROGRAM, "train", "run.toml", "--json"};
    std::istringstream text(line);
    for (std::string word; text >> word;) words.push_back(word);
    return words;
  }

  /// The exit code, or 128 and the signal; -1 if it does not end.
  int ended() {
    int status = 0;
    if (!holds_soon([&] { return waitpid(process_, &status, WNOHANG) == process_; })) return -1;
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string errors() const { return content(folder_ / "err.txt"); }
  nlohmann::json result() const { return nlohmann::json::parse(content(folder_ / "out.txt")); }

  /// Whether the run comes so far as to have a checkpoint.
  bool has_saved() const {
    return holds_soon([&] { return fs::exists(folder_ / "out" / "step-00000020"); });
  }
  /// The step of the last line of the metrics, which must be those of every step once.
  int steps_in_metrics() const {
    std::istringstream lines(content(folder_ / "out" / "metrics.jsonl"));
    int step = 0;
    for (std::string line; std::getline(lines, line);) EXPECT_EQ(nlohmann::json::parse(line)["step"], ++step);
    return step;
  }

  void expect_the_bits_of_an_unbroken_run() {
    const nlohmann::json bits = result()["loss_bits"];
    EXPECT_EQ(steps_in_metrics(), kSteps);
    EXPECT_EQ(bits.size(), static_cast<std::size_t>(kSteps));
    static const nlohmann::json unbroken = [this] {
      start(train("--overwrite"));
      EXPECT_EQ(ended(), 0) << errors();
      return result()["loss_bits"];
    }();
    EXPECT_EQ(bits, unbroken);
  }
  void expect_step_saved() const {
    const int step = steps_in_metrics();
    EXPECT_GE(step, 1);
    EXPECT_LT(step, kSteps);
    EXPECT_TRUE(fs::exists(folder_ / "out" / fmt::format("step-{:08}", step) / "index.json")) << errors();
  }
  void expect_resumable() {
    start(train("--resume --set parallel.data=2"));
    ASSERT_EQ(ended(), 0) << errors();
    expect_the_bits_of_an_unbroken_run();
  }

  fs::path folder_;
  pid_t process_ = -1;
};

TEST_F(Restart, AKilledRankIsStartedAgainFromTheLastCheckpoint) {
  start(train("--restart 2 --restart-delay 0.1 --set parallel.pipeline=2"));
  ASSERT_TRUE(has_saved());
  kill(find_rank(process_, 1), SIGKILL);
  EXPECT_EQ(ended(), 0) << errors();
  EXPECT_THAT(errors(), ContainsRegex("triaxis: warning: rank 1 was killed by signal 9 \\(Killed\\); restart 1 of 2 in "
                                      "0.1 s from step [0-9]+0\n"));
  expect_the_bits_of_an_unbroken_run();
}

TEST_F(Restart, OneRankAloneIsStartedAgainToo) {
  start(train("--restart 1 --restart-delay 0"));
  ASSERT_TRUE(has_saved());
  kill(find_rank(process_, 0), SIGKILL);
  EXPECT_EQ(ended(), 0) << errors();
  EXPECT_THAT(errors(), HasSubstr("rank 0 was killed by signal 9 (Killed); restart 1 of 1 in 0 s from step"));
  expect_the_bits_of_an_unbroken_run();
}

TEST_F(Restart, AKilledMpirunIsStartedAgain) {
  start(train("--restart 1 --restart-delay 0 --set parallel.data=2"));
  ASSERT_TRUE(has_saved());
  const std::string mpirun = status_of(find_rank(process_, 1), "PPid");
  kill(std::stoi(mpirun), SIGKILL);
  EXPECT_EQ(ended(), 0) << errors();
  EXPECT_THAT(errors(), HasSubstr("the MPI launcher was killed by signal 9 (Killed); restart 1 of 1"));
  expect_the_bits_of_an_unbroken_run();
}

TEST_F(Restart, ElasticGoesOnWithHalfTheDataDegreeAndTheSameBits) {
  start(train("--restart 3 --restart-delay 0 --elastic --set parallel.data=2 --set parallel.tensor=2"));
  ASSERT_TRUE(has_saved());
  kill(find_rank(process_, 3), SIGKILL);
  EXPECT_EQ(ended(), 0) << errors();
  EXPECT_THAT(errors(), HasSubstr("3 of 4 slots left: 2x2x1 goes on as 1x2x1; the same bits, because the logical "
                                  "partition stays 2 tensor shards and 2 data groups\n"));
  EXPECT_EQ(result()["ranks"], 2);
  expect_the_bits_of_an_unbroken_run();
}

TEST_F(Restart, ElasticWithNoSlotLeftSaysSo) {
  start(train("--restart 3 --restart-delay 0 --elastic"));
  ASSERT_TRUE(has_saved());
  kill(find_rank(process_, 0), SIGKILL);
  EXPECT_EQ(ended(), 1);
  EXPECT_THAT(errors(), HasSubstr("error: rank 0 was killed by signal 9 (Killed); 0 of 1 slots left: no layout"));
}

TEST_F(Restart, AFailureThatComesAgainEndsTheJob) {
  start(
      train("--restart 1 --restart-delay 0 --set parallel.data=2 --set optimizer.lr=1e38 --set optimizer.warmup=0 "
            "--set optimizer.clip=0"));
  EXPECT_EQ(ended(), 1);
  EXPECT_THAT(errors(), HasSubstr("; restart 1 of 1 in 0 s from the start\n"));
  EXPECT_THAT(errors(), HasSubstr("; given up after 1 restart\n"));
}

TEST_F(Restart, WhereNothingCanBeStartedAgainItIsRefused) {
  const auto expect_mistake = [&](const std::vector<std::string>& words, const std::string& message) {
    start(words);
    EXPECT_EQ(ended(), 2);
    EXPECT_THAT(errors(), HasSubstr(message));
  };
  expect_mistake(train("--restart 1 --transport local"), "--restart: with --transport local");
  expect_mistake(train("--elastic"), "--elastic says how to restart");
  std::vector<std::string> foreign = train("--restart 1");
  foreign.insert(foreign.begin(), {"mpirun", "-n", "1"});
  expect_mistake(foreign, "--restart: another MPI launcher started the ranks");
}

class StopSignal : public Restart, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Signals, StopSignal, ::testing::Values(SIGTERM, SIGINT, SIGUSR1));

TEST_P(StopSignal, ToTheProgramSavesTheStep) {
  start(train("--set parallel.data=2"));
  ASSERT_TRUE(has_saved());
  kill(process_, GetParam());
  EXPECT_EQ(ended(), 0) << errors();
  expect_step_saved();
  expect_resumable();
}

TEST_P(StopSignal, ToOneRankSavesTheStep) {
  start(train("--set parallel.data=2"));
  ASSERT_TRUE(has_saved());
  kill(find_rank(process_, 1), GetParam());
  EXPECT_EQ(ended(), 0) << errors();
  expect_step_saved();
  expect_resumable();
}

// As soon as the signal is held back it may come, long before there are ranks.
TEST_P(StopSignal, BeforeThereAreRanksStopsTheRunAfterItsFirstSteps) {
  for (const char* layout : {"--overwrite", "--overwrite --set parallel.data=2"}) {
    start(train(layout));
    ASSERT_TRUE(holds_soon([&] {
      const std::string blocked = status_of(process_, "SigBlk");
      return !blocked.empty() && (std::stoull(blocked, nullptr, 16) >> (GetParam() - 1) & 1U) != 0;
    }));
    kill(process_, GetParam());
    EXPECT_EQ(ended(), 0) << errors();
    expect_step_saved();
  }
}

class StopForeign : public Restart {
 protected:
  void start_two_ranks() {
    std::vector<std::string> words = train("--set parallel.data=2");
    words.insert(words.begin(), {"mpirun", "-n", "2"});
    start(words);
    ASSERT_TRUE(has_saved());
  }
};

TEST_F(StopForeign, MpirunForwardsTheSignal) {
  start_two_ranks();
  kill(process_, SIGUSR1);
  EXPECT_EQ(ended(), 0) << errors();
  expect_step_saved();
  expect_resumable();
}

// It gives its ranks a second or two; whether they save in that time is theirs to see.
TEST_F(StopForeign, MpirunEndsTheJobOnTheOthersAndItIsResumable) {
  start_two_ranks();
  kill(process_, SIGTERM);
  EXPECT_EQ(ended(), 1) << errors();
  expect_resumable();
}

}  // namespace
}  // namespace triaxis
