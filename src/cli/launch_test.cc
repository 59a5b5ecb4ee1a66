// The parts of the launcher that need no ranks. What it does with ranks: tests/launch_test.cc.
#include "cli/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "cli/launch_command.h"
#include "cli/launch_scratch.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

/// An environment variable that is as it was when this goes.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    set(value);
  }
  ~Variable() { set(had_ ? before_.c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  void set(const char* value) { value == nullptr ? unsetenv(name_) : setenv(name_, value, 1); }

 private:
  const char* name_;
  bool had_ = false;
  std::string before_;
};

TEST(UnderMpiLauncher, KnowsRanksByTheirEnvironment) {
  std::array<Variable, 4> none = {Variable("OMPI_COMM_WORLD_SIZE", nullptr), Variable("PMI_RANK", nullptr),
                                  Variable("PMI_SIZE", nullptr), Variable("PMIX_RANK", nullptr)};
  EXPECT_FALSE(under_mpi_launcher());
  for (Variable& variable : none) {
    variable.set("1");
    EXPECT_TRUE(under_mpi_launcher());
    variable.set(nullptr);
  }
}

TEST(UnderMpiLauncher, ASlurmBatchScriptIsNoRank) {
  const std::array<Variable, 4> none = {Variable("OMPI_COMM_WORLD_SIZE", nullptr), Variable("PMI_RANK", nullptr),
                                        Variable("PMI_SIZE", nullptr), Variable("PMIX_RANK", nullptr)};
  const Variable number("SLURM_PROCID", "0");
  const Variable tasks("SLURM_NTASKS", "8");
  Variable step("SLURM_STEP_NUM_TASKS", nullptr);
  EXPECT_FALSE(under_mpi_launcher());
  step.set("8");
  EXPECT_TRUE(under_mpi_launcher());
  step.set("1");
  EXPECT_FALSE(under_mpi_launcher());
}

/// The end of a command must be this program as it was called.
void expect_same_program(const LaunchCommand& command) {
  ASSERT_GE(command.words.size(), 3U);
  const auto end = command.words.end();
  EXPECT_EQ(end[-3], std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_EQ(end[-2], "train");
  EXPECT_EQ(end[-1], "a b.toml");
}

TEST(LaunchCommand, OnOneMachineRanksMayOutnumberCores) {
  const std::vector<std::string> words = {"train", "a b.toml"};
  const LaunchCommand here = launch_command({.ranks = 8, .hosts = "", .words = words}, "/scratch");
  EXPECT_THAT(here.words, AllOf(Contains("--oversubscribe"), Contains("8"), Not(Contains("--host"))));
  EXPECT_THAT(here.environment, Contains(Pair("OMPI_MCA_orte_tmpdir_base", "/scratch")));
  expect_same_program(here);

  const LaunchCommand there = launch_command({.ranks = 8, .hosts = "a:4,b:4", .words = words}, "/scratch");
  EXPECT_THAT(there.words, AllOf(Contains("--host"), Contains("a:4,b:4"), Not(Contains("--oversubscribe"))));
  EXPECT_THAT(there.environment, Not(Contains(Key("OMPI_MCA_orte_tmpdir_base"))));
  expect_same_program(there);
}

TEST(LaunchScratch, GoesWithItsOwner) {
  std::filesystem::path path;
  {
    const LaunchScratch scratch(2);
    path = scratch.path();
    EXPECT_TRUE(std::filesystem::is_directory(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace triaxis
