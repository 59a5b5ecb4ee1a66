// `triaxis generate` from a run that was trained here, in a layout that it knows nothing of.
#include "cli/generate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/directory.h"
#include "comm/local/local.h"
#include "data/tokenizer.h"
#include "train/run.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
namespace fs = std::filesystem;

constexpr std::int64_t kSample = 40;

class GenerateCommand : public ::testing::Test {
 protected:
  /// Trains once for all tests: tensor 2 x pipeline 2, four logical shards.
  static void SetUpTestSuite() {
    directory_ = fs::path(::testing::TempDir()) / "generate_command";
    fs::remove_all(directory_);
    fs::create_directories(directory_ / "run");
    std::string text;
    for (int i = 0; i < 400; ++i) text += fmt::format("{} times {} is {}. ", i % 10, i % 7, i % 10 * (i % 7));
    write_file_atomically(directory_ / "text.txt", text);
    const Config config = parse_config(fmt::format(R"(
[model]
layers = 2
hidden = 32
heads = 4
vocab = 260
seq_len = 64
[data]
path = "{0}/text.txt"
[parallel]
tensor = 2
pipeline = 2
[numerics]
tensor_shards = 4
[batch]
global = 4
micro = 2
[train]
steps = 40
threads = 1
[optimizer]
lr = 1e-2
[checkpoint]
dir = "{0}/run"
every = 20
)",
                                                   directory_.string()),
                                       "test");
    const RunPlan plan = plan_run(config);
    const Corpus corpus = load_corpus(config.data, Tokenizer(config.data.tokenizer), config.model.seq_len);
    RunOptions options;
    options.sample_bytes = kSample;
    ::testing::internal::CaptureStderr();
    run_local(4, [&](World& world) {
      RunResult result = run_training(world, config, plan, corpus, options);
      if (world.rank() == 0) sample_ = result.sample;
    });
    ::testing::internal::GetCapturedStderr();
  }

  static std::string path(const std::string& name) { return (directory_ / name).string(); }

  static std::string output_of(std::vector<std::string> arguments) {
    CLI::App app("test");
    add_generate(app);
    arguments.insert(arguments.begin(), "generate");
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    ::testing::internal::CaptureStdout();
    try {
      app.parse(arguments);
    } catch (...) {
      ::testing::internal::GetCapturedStdout();
      throw;
    }
    return ::testing::internal::GetCapturedStdout();
  }

  static nlohmann::json json_of(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    return nlohmann::json::parse(output_of(arguments));
  }

  static void expect_mistake(const std::vector<std::string>& arguments, const std::string& message) {
    EXPECT_THAT([&] { output_of(arguments); }, ThrowsMessage<UserError>(HasSubstr(message)));
  }

  static fs::path directory_;
  static std::string sample_;
};

fs::path GenerateCommand::directory_;
std::string GenerateCommand::sample_;

TEST_F(GenerateCommand, SaysWhatTheRunSaidAtItsEnd) {
  // The run's sample was made by four ranks without a cache; it starts with its prompt of 16 bytes.
  ASSERT_EQ(sample_.size(), 16U + kSample);
  const nlohmann::json said = json_of({path("run"), "--prompt", sample_.substr(0, 16), "--tokens",
                                       std::to_string(kSample), "--temperature", "0.8", "--past-end"});
  const std::vector<std::int32_t> ids = said["ids"];
  EXPECT_EQ(Tokenizer("bytes").decode(ids), sample_.substr(16));
  EXPECT_EQ(said["prompt"], sample_.substr(0, 16));
  EXPECT_EQ(said["tokens"], kSample);
  EXPECT_EQ(said["stop"], "tokens");
  EXPECT_EQ(said["step"], 40);
  EXPECT_GT(said["tokens_per_second"], 0);
}

TEST_F(GenerateCommand, StreamsTheTextAlone) {
  const std::vector<std::string> arguments = {path("run"), "--prompt", "3 times", "--tokens", "20"};
  EXPECT_EQ(output_of(arguments), json_of(arguments)["text"].get<std::string>() + "\n");
}

TEST_F(GenerateCommand, ThreadsChangeNoText) {
  const auto text = [](const std::string& threads) {
    return json_of({path("run"), "--threads", threads, "--tokens", "100", "--seed", "5"})["ids"];
  };
  EXPECT_EQ(text("1"), text("3"));
}

TEST_F(GenerateCommand, TakesTheCheckpointThatIsNamed) {
  const auto checkpoints = list_checkpoints(path("run"));
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(json_of({checkpoints[0].path.string(), "--tokens", "1"})["step"], 20);
  EXPECT_EQ(json_of({checkpoints[1].path.string(), "--tokens", "1"})["step"], 40);
}

TEST_F(GenerateCommand, TakesThePromptFromAFileOrAsTokens) {
  write_file_atomically(path("prompt.txt"), "5 times");
  const auto greedy = [](const std::string& option, const std::string& value) {
    return json_of({path("run"), option, value, "--temperature", "0", "--tokens", "8"})["text"];
  };
  const auto expected = greedy("--prompt", "5 times");
  EXPECT_EQ(greedy("--prompt-file", path("prompt.txt")), expected);
  EXPECT_EQ(greedy("--prompt-ids", "53,32,116,105,109,101,115"), expected);
}

TEST_F(GenerateCommand, StopsBeforeAText) {
  const std::vector<std::string> arguments = {path("run"), "--prompt", "3 times 2 is ", "--temperature", "0"};
  const std::string whole = json_of(arguments)["text"];
  const std::string stop = whole.substr(10, 5);
  std::vector<std::string> with_stops = arguments;
  with_stops.insert(with_stops.end(), {"--stop", "no such text", "--stop", stop});
  const nlohmann::json json = json_of(with_stops);
  EXPECT_EQ(json["text"], whole.substr(0, whole.find(stop)));
  EXPECT_EQ(json["stop"], "stop");
}

TEST_F(GenerateCommand, WritesTheLogitsOfEveryPosition) {
  EXPECT_EQ(output_of({path("run"), "--prompt-ids", "53,32,116", "--logits", path("logits.json")}), "");
  const nlohmann::json json = nlohmann::json::parse(read_file(path("logits.json")));
  EXPECT_EQ(json["ids"], nlohmann::json({53, 32, 116}));
  ASSERT_EQ(json["logits"].size(), 3U);
  for (const auto& row : json["logits"]) EXPECT_EQ(row.size(), 260U);
  const std::vector<float> last = json["logits"][2];
  const auto best = std::max_element(last.begin(), last.begin() + 257) - last.begin();
  const auto ids =
      json_of({path("run"), "--prompt-ids", "53,32,116", "--temperature", "0", "--tokens", "1", "--past-end"})["ids"];
  EXPECT_EQ(ids, nlohmann::json({best}));
}

TEST_F(GenerateCommand, RefusesMistakesInOneLine) {
  expect_mistake({path("nowhere")}, "nowhere");
  expect_mistake({path("run"), "--temperature", "-1"}, "--temperature");
  expect_mistake({path("run"), "--temperature", "nan"}, "--temperature");
  expect_mistake({path("run"), "--top-k", "-1"}, "--top-k");
  expect_mistake({path("run"), "--top-p", "0"}, "--top-p");
  expect_mistake({path("run"), "--tokens", "-1"}, "--tokens");
  expect_mistake({path("run"), "--threads", "-1"}, "--threads");
  expect_mistake({path("run"), "--prompt", "a", "--prompt-ids", "1"}, "is enough");
  for (const std::string ids : {"1,,2", "1,", ",", "260", "-1", "1 2", "x", "99999999999"})
    expect_mistake({path("run"), "--prompt-ids", ids}, "--prompt-ids: ");
  expect_mistake({path("run"), "--prompt-file", path("nowhere")}, "no such file");
  expect_mistake({path("run"), "--logits", path("logits.json")}, "needs a prompt");
  expect_mistake({path("run"), "--prompt", std::string(65, 'a'), "--logits", path("logits.json")}, "window of 64");
  expect_mistake({path("run"), "--tokenizer", path("nowhere.json")}, "nowhere.json");
}

TEST_F(GenerateCommand, RefusesADamagedCheckpoint) {
  fs::remove_all(path("damaged"));
  fs::copy(find_checkpoint(path("run")), path("damaged"));
  std::string bytes = read_file(path("damaged") + "/rank-00001.safetensors");
  // The weights come first: a byte among them, not among the moments, which are not read.
  bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 1);
  write_file_atomically(path("damaged") + "/rank-00001.safetensors", bytes);
  expect_mistake({path("damaged")}, "damaged/rank-00001.safetensors");
}

}  // namespace
}  // namespace triaxis
