// The program as a user runs it: exit codes, one line of error, the ranks over both transports.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace triaxis {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out;
  std::string errors;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Program : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("triaxis_program_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" +
               std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    std::ofstream corpus(folder_ / "corpus.txt");
    for (int i = 0; i < 3000; ++i) corpus << "line " << i * 7919 % 1000 << " of the text\n";
    std::ofstream config(folder_ / "run.toml");
    config << "[model]\nlayers = 2\nhidden = 32\nheads = 4\nvocab = 0\nseq_len = 16\n[data]\npath = "
              "\"corpus.txt\"\nvalidation = 0.01\n"
              "[batch]\nglobal = 8\nmicro = 2\n[train]\nsteps = 3\nthreads = 1\n[numerics]\ntensor_shards = "
              "2\ndata_groups = 2\n"
              "[checkpoint]\ndir = \"out\"\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Outcome run(const std::string& arguments) {
    const std::string command =
        "cd '" + folder_.string() + "' && '" TRIAXIS_PROGRAM "' " + arguments + " >out.txt 2>err.txt </dev/null";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), content(folder_ / "out.txt"), content(folder_ / "err.txt")};
  }

  void expect_mistake(const std::string& arguments, const std::string& message) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments << "\n" << outcome.errors;
    EXPECT_THAT(outcome.errors, HasSubstr(message)) << arguments;
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1) << outcome.errors;
    EXPECT_EQ(outcome.out, "");
  }

  std::filesystem::path folder_;
};

TEST_F(Program, LayoutsAndTransportsGiveTheSameBits) {
  const Outcome one = run("train run.toml --json --overwrite --digest one.json");
  ASSERT_EQ(one.code, 0) << one.errors;
  const std::string layout = " --set parallel.data=2 --set parallel.tensor=2 --set parallel.pipeline=2 ";
  const Outcome threads = run("train run.toml --json --overwrite --digest threads.json --transport local" + layout);
  ASSERT_EQ(threads.code, 0) << threads.errors;
  const auto json = nlohmann::json::parse(one.out);
  EXPECT_EQ(json["losses"].size(), 3U);
  EXPECT_EQ(json["loss_bits"], nlohmann::json::parse(threads.out)["loss_bits"]);
  EXPECT_EQ(content(folder_ / "one.json"), content(folder_ / "threads.json"));
  for (const std::string& processes :
       {layout, std::string(" --set parallel.tensor=2 --set parallel.schedule=gpipe"),
        std::string(" --set parallel.data=2 --set parallel.pipeline=2 --set parallel.order=pp-dp")}) {
    const Outcome outcome = run("train run.toml --json --overwrite --digest processes.json" + processes);
    ASSERT_EQ(outcome.code, 0) << outcome.errors;
    EXPECT_EQ(json["loss_bits"], nlohmann::json::parse(outcome.out)["loss_bits"]) << processes;
    EXPECT_EQ(content(folder_ / "one.json"), content(folder_ / "processes.json")) << processes;
  }
  EXPECT_THAT(content(folder_ / "out" / "metrics.jsonl"), HasSubstr("validation_loss"));
}

TEST_F(Program, MistakesAreOneLineAndExitCodeTwo) {
  expect_mistake("train none.toml", "none.toml");
  expect_mistake("train run.toml --set model.layerz=2", "layers");
  expect_mistake("train run.toml --set model.layers=two", "model.layers");
  expect_mistake("train run.toml --set model.heads=3", "heads");
  expect_mistake("train run.toml --set batch.global=9", "batch.global");
  expect_mistake("train run.toml --set parallel.pipeline=3", "parallel.pipeline");
  expect_mistake("train run.toml --set numerics.tensor_shards=3 --set parallel.tensor=2", "tensor_shards");
  expect_mistake("train run.toml --set parallel.schedule=1f1c", "1f1b");
  expect_mistake("train run.toml --set data.path=none.txt", "none.txt");
  expect_mistake("train run.toml --set model.seq_len=100000", "data.path");
  expect_mistake("train run.toml --set checkpoint.dir=/proc/none", "checkpoint.dir");
  expect_mistake("train run.toml --resume --overwrite", "--resume and --overwrite");
  expect_mistake("train run.toml --set model.hidden=1048576 --set model.layers=64", "--force");
}

TEST_F(Program, BrokenTomlNamesLineAndColumn) {
  std::ofstream(folder_ / "broken.toml") << "[model]\nlayers = = 2\n";
  expect_mistake("train broken.toml", "broken.toml:2:");
}

TEST_F(Program, ARunIsNotOverwrittenUnasked) {
  ASSERT_EQ(run("train run.toml").code, 0);
  expect_mistake("train run.toml", "--overwrite");
  EXPECT_EQ(run("train run.toml --overwrite").code, 0);
}

TEST_F(Program, ANaNStopsTheRunAndNamesItsPlace) {
  const Outcome outcome =
      run("train run.toml --set optimizer.lr=1e38 --set optimizer.min_lr=1e37 --set optimizer.warmup=0 --set "
          "optimizer.clip=0");
  EXPECT_EQ(outcome.code, 1) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("has a NaN or an infinity in"));
  EXPECT_THAT(outcome.errors, HasSubstr("rank 0"));
}

TEST_F(Program, JoiningAsTheWrongNumberOfRanksIsOneLine) {
  const std::string command =
      "cd '" + folder_.string() + "' && mpirun -n 3 '" TRIAXIS_PROGRAM "' train run.toml >out.txt 2>err.txt </dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  const std::string errors = content(folder_ / "err.txt");
  const std::string message = "needs 1 ranks, but 3 were started";
  EXPECT_THAT(errors, HasSubstr(message));
  EXPECT_EQ(errors.find(message), errors.rfind(message)) << errors;
}

TEST_F(Program, ALayoutTooLargeForTheHostIsRefusedAlsoWhenJoining) {
  const std::string command = "cd '" + folder_.string() +
                              "' && mpirun -n 2 '" TRIAXIS_PROGRAM
                              "' train run.toml --set parallel.data=2 "
                              "--set model.hidden=1048576 --set model.layers=64 >out.txt 2>err.txt </dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  EXPECT_THAT(content(folder_ / "err.txt"), HasSubstr("--force"));
}

TEST_F(Program, AFolderIsACorpusAndNothingNeedBeValidatedOn) {
  std::filesystem::create_directories(folder_ / "texts");
  for (const char* name : {"a.txt", "b.txt"}) std::filesystem::copy(folder_ / "corpus.txt", folder_ / "texts" / name);
  const Outcome outcome = run("train run.toml --set data.path=texts --set data.validation=0 --report --sample 5");
  EXPECT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_EQ(outcome.out.find("alidation"), std::string::npos) << outcome.out;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "loss.svg"));
}

// A rank that is stopped, not dead: nothing closes, so only the deadline can tell.
TEST_F(Program, ADeadlineNamesWhoWaitsForWhomInWhichAction) {
  const std::string command =
      "cd '" + folder_.string() +
      "' && { timeout -s KILL 60 '" TRIAXIS_PROGRAM
      "' train run.toml --set parallel.pipeline=2 "
      "--set comm.timeout=2 --set train.steps=1000000 >out.txt 2>err.txt & sleep 3; "
      "launcher=$(pgrep -P $!); job=$(pgrep -P $launcher mpirun); kill -STOP $(pgrep -P $job | tail -1); wait $!; }";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  EXPECT_THAT(content(folder_ / "err.txt"),
              ::testing::ContainsRegex("rank [01] waited 2 s for .*rank [01].*doing .*last completed"));
}

TEST_F(Program, ASignalEndsTheRunAfterItsStepWhichIsSaved) {
  for (const char* layout : {"", " --set parallel.data=2 --set parallel.pipeline=2"}) {
    const std::string command = "cd '" + folder_.string() +
                                "' && { '" TRIAXIS_PROGRAM "' train run.toml --overwrite --set train.steps=1000000" +
                                layout + " >out.txt 2>err.txt & run=$!; sleep 3; kill -TERM $run; wait $run; }";
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 0) << layout;
    const std::string errors = content(folder_ / "err.txt");
    const std::string message = "stopped by a signal after step ";
    const std::size_t first = errors.find(message);
    ASSERT_NE(first, std::string::npos) << errors;
    EXPECT_EQ(errors.find(message, first + 1), std::string::npos) << errors.substr(first);
    const int step = std::stoi(errors.substr(first + message.size()));
    const Outcome more =
        run("train run.toml --resume --json --set train.steps=" + std::to_string(step + 1) + std::string(layout));
    ASSERT_EQ(more.code, 0) << more.errors;
    EXPECT_EQ(nlohmann::json::parse(more.out)["losses"].size(), static_cast<std::size_t>(step) + 1);
  }
}

TEST_F(Program, ARunGoesOnInAnotherLayoutToTheSameBits) {
  const std::string whole = " --set train.steps=6 --set optimizer.decay_steps=6 --set checkpoint.every=2";
  const Outcome unbroken = run("train run.toml --json --digest one.json" + whole);
  ASSERT_EQ(unbroken.code, 0) << unbroken.errors;
  const std::string layout = " --set parallel.data=2 --set parallel.tensor=2 --set parallel.pipeline=2";
  ASSERT_EQ(run("train run.toml --overwrite --set train.steps=4 --set optimizer.decay_steps=6" + layout).code, 0);
  std::ofstream(folder_ / "out" / "metrics.jsonl", std::ios::app) << "{\"step\":5}\n{\"step\":6,\"lo";
  const Outcome resumed = run("train run.toml --resume --json --digest two.json --set parallel.pipeline=2" + whole);
  ASSERT_EQ(resumed.code, 0) << resumed.errors;
  EXPECT_EQ(nlohmann::json::parse(unbroken.out)["loss_bits"], nlohmann::json::parse(resumed.out)["loss_bits"]);
  const auto last = [&](const char* name) { return nlohmann::json::parse(content(folder_ / name))["steps"]["6"]; };
  EXPECT_EQ(last("one.json"), last("two.json"));
  std::istringstream lines(content(folder_ / "out" / "metrics.jsonl"));
  int step = 0;
  for (std::string line; std::getline(lines, line);) EXPECT_EQ(nlohmann::json::parse(line)["step"], ++step);
  EXPECT_EQ(step, 6);
  EXPECT_THAT(run("train run.toml --resume --json" + whole).errors, HasSubstr("nothing is left to train"));
}

TEST_F(Program, WhatMustStayOnResumeIsNamed) {
  ASSERT_EQ(run("train run.toml").code, 0);
  expect_mistake("train run.toml --resume --set train.seed=5", "train.seed = 5");
  expect_mistake("train run.toml --resume --set batch.global=32", "batch.global");
  expect_mistake("train run.toml --resume --set numerics.tensor_shards=4", "numerics.tensor_shards");
  expect_mistake("train run.toml --resume --set train.steps=2", "train.steps = 2");
  expect_mistake("train run.toml --resume --set data.validation=0.5", "data.path");
  std::ofstream(folder_ / "out" / "step-00000003" / "index.json", std::ios::app) << " ";
  expect_mistake("train run.toml --resume", "index.json");
}

TEST_F(Program, EverySubcommandHelps) {
  for (const char* command : {"train", "schedule", "topology"}) {
    const Outcome outcome = run(std::string(command) + " --help");
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("xample"));
  }
}

}  // namespace
}  // namespace triaxis
