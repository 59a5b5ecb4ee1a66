#include "cli/inspect.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/directory.h"
#include "checkpoint/rewrite.h"
#include "cli/tokenize.h"
#include "config/config.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::string output_of(const std::string& arguments) {
  CLI::App app("test");
  add_tokenize(app);
  add_inspect(app);
  ::testing::internal::CaptureStdout();
  try {
    app.parse(arguments);
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  return ::testing::internal::GetCapturedStdout();
}

nlohmann::json json_of(const std::string& arguments) { return nlohmann::json::parse(output_of(arguments + " --json")); }

class InspectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_inspect_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }

  /// A checkpoint of a small model after `step` steps, written as 1x2x2.
  fs::path checkpoint(std::int64_t step) const {
    Config config;
    config.data.path = "x";
    config.model.layers = 2;
    config.model.hidden = 8;
    config.model.heads = config.model.kv_heads = 4;
    config.model.head_dim = 2;
    config.model.ffn_hidden = 32;
    config.model.vocab = 257;
    config.model.seq_len = 5;
    config.parallel.tensor = config.parallel.pipeline = 2;
    config.log.metrics = "m";
    CheckpointIndex state;
    state.step = step;
    state.sequences = 32 * step;
    state.losses.assign(static_cast<std::size_t>(step), 2.5);
    state.data_checksum = "0123456789abcdef";
    state.configuration = to_toml(config);
    const fs::path place = checkpoint_path(folder_ / "run", step);
    fs::create_directories(place);
    const auto fill = [](std::string_view, Form, const Box&, std::span<float> values) {
      std::fill(values.begin(), values.end(), 0.5F);
    };
    write_checkpoint(place, state, owned_slices(config.model, {grid(config), 2, {0, 0, 1, 1}}), 4, fill);
    return place;
  }

  void expect_refused(const std::string& arguments, const std::string& why) const {
    EXPECT_THAT([&] { output_of(arguments); }, ThrowsMessage<UserError>(AllOf(HasSubstr(why), Not(HasSubstr("\n")))));
  }

  fs::path folder_;
};

TEST_F(InspectTest, SaysWhatTokenizeWrote) {
  fs::create_directory(folder_ / "texts");
  write_file_atomically(folder_ / "texts/a", "In the beginning");
  write_file_atomically(folder_ / "texts/b", "God");
  const std::string arguments = fmt::format("{} -o {}", path("texts"), path("t.tokens"));
  EXPECT_THAT(output_of("tokenize " + arguments), HasSubstr("2 texts of 19 B in"));
  const nlohmann::json written = json_of("tokenize " + arguments);
  EXPECT_EQ(written["documents"], 2);
  EXPECT_EQ(written["input_bytes"], 19);
  EXPECT_EQ(written["tokens"], 20);

  const nlohmann::json read = json_of("inspect " + path("t.tokens"));
  EXPECT_EQ(read["kind"], "tokens");
  EXPECT_EQ(read["tokens"], 20);
  EXPECT_EQ(read["token_bytes"], 2);
  EXPECT_EQ(read["bytes"], 64 + 2 * 20);
  EXPECT_EQ(read["symbols"], 257);
  EXPECT_EQ(read["ends_of_text"], 1);
  for (const char* same : {"tokenizer", "checksum", "bytes"}) EXPECT_EQ(read[same], written[same]);
  EXPECT_THAT(output_of("inspect " + path("t.tokens")), HasSubstr("a token file, every byte as it was written"));
}

TEST_F(InspectTest, TokenizeRefusesPlacesThatCannotBe) {
  write_file_atomically(folder_ / "text", "some text");
  expect_refused(fmt::format("tokenize {} -o {}/no/t", path("text"), folder_.string()), "no is no folder");
  expect_refused(fmt::format("tokenize {} -o {}", path("text"), folder_.string()), "is a folder; name a file");
  expect_refused(fmt::format("tokenize {} -o {}", path("text"), path("text")), "would be read as a text of it");
  expect_refused(fmt::format("tokenize {} -o {}", folder_.string(), path("t")), "would be read as a text of it");
  expect_refused(fmt::format("tokenize {} -o {}", path("none"), path("t")), "none: no such file or folder");
  EXPECT_EQ(read_file(folder_ / "text"), "some text");
  EXPECT_FALSE(fs::exists(folder_ / "t"));
}

TEST_F(InspectTest, SaysWhatACheckpointIs) {
  checkpoint(50);
  const fs::path newest = checkpoint(100);
  const nlohmann::json json = json_of("inspect " + path("run"));
  EXPECT_EQ(json["kind"], "checkpoint");
  EXPECT_EQ(json["path"], newest.string());
  EXPECT_EQ(json["step"], 100);
  EXPECT_EQ(json["sequences"], 3200);
  EXPECT_EQ(json["loss"], 2.5);
  EXPECT_EQ(json["layout"], (nlohmann::json{{"data", 1}, {"tensor", 2}, {"pipeline", 2}}));
  EXPECT_EQ(json["data_checksum"], "0123456789abcdef");
  EXPECT_EQ(json["other_checkpoints"], std::vector<int>{50});
  EXPECT_EQ(json["files"].size(), 4u);
  EXPECT_EQ(json["tensors"][0]["name"], "embedding.token.weight");
  EXPECT_EQ(json["tensors"][0]["slices"][1]["rows"], (std::vector<int>{129, 257}));

  const std::string text = output_of("inspect " + newest.string());
  EXPECT_THAT(text, HasSubstr("step      100, 3200 sequences consumed, loss 2.5000"));
  EXPECT_THAT(text, HasSubstr("layout    1x2x2 (data x tensor x pipeline), schedule 1f1b, fp32"));
  EXPECT_THAT(text, HasSubstr("others    step 50"));
  EXPECT_THAT(text, HasSubstr("16 more, shown with --all"));
  EXPECT_THAT(text, Not(HasSubstr("layers.1.mlp.up.weight")));
  const std::string all = output_of("inspect --all " + newest.string());
  EXPECT_THAT(all, HasSubstr("layers.1.mlp.up.weight"));
  EXPECT_THAT(all, HasSubstr("[129:257, 0:8] in rank-00001.safetensors"));
}

TEST_F(InspectTest, TheDigestIsOneLine) {
  const fs::path place = checkpoint(50);
  const std::string digest = output_of("inspect --digest " + place.string());
  EXPECT_THAT(digest, ::testing::MatchesRegex("[0-9a-f]+\n"));
  EXPECT_EQ(digest.size(), 17u);
  EXPECT_EQ(json_of("inspect --digest " + place.string())["digest"], digest.substr(0, 16));
  EXPECT_EQ(output_of("inspect --digest " + checkpoint(100).string()), digest) << "only tensors count";
}

TEST_F(InspectTest, DamageIsOneLineThatNamesTheFile) {
  const fs::path file = checkpoint(50) / "rank-00002.safetensors";
  std::string bytes = read_file(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file_atomically(file, bytes);
  expect_refused("inspect " + path("run"), file.string());
  expect_refused("inspect --digest " + path("run"), file.string());
  fs::remove(file);
  expect_refused("inspect " + path("run"), file.string());
}

TEST_F(InspectTest, NamesWhatItCanRead) {
  write_file_atomically(folder_ / "text", "some text");
  expect_refused("inspect " + path("text"), "this file is no token file; name a checkpoint's folder");
  expect_refused("inspect " + path("none"), "no such file or folder");
  expect_refused("inspect " + folder_.string(), "neither a checkpoint nor a run that has one");
  write_file_atomically(folder_ / "t", "other text");
  output_of(fmt::format("tokenize {} -o {}", path("text"), path("t")));
  expect_refused("inspect --digest " + path("t"), "--digest is for checkpoints");
}

}  // namespace
}  // namespace triaxis
