#include "cli/convert.h"

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
#include "checkpoint/state_digest.h"
#include "train/plan.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class ConvertCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_convert_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write_run();
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Runs `triaxis convert ARGUMENTS`, names in it being those in the test's folder. RETURNS: what it prints.
  std::string convert(const std::string& from, const std::string& to, const std::string& options) const {
    CLI::App app("test");
    add_convert(app);
    ::testing::internal::CaptureStdout();
    try {
      app.parse(fmt::format("convert {} {} {}", (folder_ / from).string(), (folder_ / to).string(), options));
    } catch (...) {
      ::testing::internal::GetCapturedStdout();
      throw;
    }
    return ::testing::internal::GetCapturedStdout();
  }

  std::string digest(const std::string& run) const {
    CheckpointReader reader(find_checkpoint(folder_ / run));
    reader.verify();
    return state_digest(reader);
  }

  CheckpointIndex index(const std::string& run) const {
    return CheckpointReader(find_checkpoint(folder_ / run)).index();
  }

  /// The names in the test's folder, what is unfinished among them.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder_)) all.push_back(entry.path().filename());
    std::sort(all.begin(), all.end());
    return all;
  }

  fs::path folder_;

 private:
  void write_run() const {
    Config config;
    config.model.layers = 3;
    config.model.hidden = 8;
    config.model.heads = config.model.kv_heads = 4;
    config.model.head_dim = 2;
    config.model.ffn_hidden = 12;
    config.model.vocab = 259;
    config.model.seq_len = 5;
    config.data.path = "x";
    config.parallel.data = 2;
    config.parallel.tensor = 2;
    config.numerics.tensor_shards = 4;
    CheckpointIndex state;
    state.step = 7;
    state.sequences = 224;
    state.losses = {5.5, 0.1};
    state.data_checksum = "abc";
    state.configuration = to_toml(config);
    const RunPlan plan = plan_run(config);
    const fs::path path = checkpoint_path(folder_ / "run", state.step);
    fs::create_directories(path);
    float next = 0;
    write_checkpoint(path, state, plan.saved, plan.grid.ranks(),
                     [&](std::string_view, Form, const Box&, std::span<float> values) {
                       for (float& value : values) value = next += 0.25F;
                     });
  }
};

TEST_F(ConvertCommandTest, AnotherLayoutHasTheSameStateInOtherFiles) {
  const auto json = nlohmann::json::parse(convert("run", "new", "--layout 1x4x3 --json"));
  EXPECT_EQ(json["path"], (folder_ / "new/step-00000007").string());
  EXPECT_EQ(digest("new"), digest("run"));
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "run"}));

  const CheckpointIndex before = index("run");
  const CheckpointIndex after = index("new");
  EXPECT_EQ(after.files.size(), 12U);
  EXPECT_EQ(after.step, 7);
  EXPECT_EQ(after.sequences, 224);
  EXPECT_EQ(after.losses, before.losses);
  EXPECT_EQ(after.data_checksum, "abc");
  EXPECT_TRUE(after.moments);

  const Config config = parse_config(after.configuration, "index");
  EXPECT_EQ(config.parallel.data, 1);
  EXPECT_EQ(config.parallel.tensor, 4);
  EXPECT_EQ(config.parallel.pipeline, 3);
  EXPECT_EQ(config.numerics.tensor_shards, 4);
  EXPECT_EQ(config.checkpoint.dir, (folder_ / "new").string());
  EXPECT_EQ(read_file(folder_ / "new/run.toml"), after.configuration);

  convert("new", "back", "--layout 2x2x1");
  EXPECT_EQ(digest("back"), digest("run"));
  EXPECT_EQ(index("back").files, before.files);
  EXPECT_EQ(index("back").tensors, before.tensors);
}

TEST_F(ConvertCommandTest, RefusesLayoutsThatDoNotFitAndLeavesNothing) {
  for (const std::string layout : {"1", "1x1", "1x1x", "x1x1", "1x1x1x1", "0x1x1", "1x-1x1", "1x1x1.5", "axbxc",
                                   "99999999999x1x1", "1x3x1", "1x1x4", "3x1x1", "1x8x1"}) {
    EXPECT_THROW(convert("run", "new", fmt::format("--layout={}", layout)), UserError) << layout;
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"run"}));
}

TEST_F(ConvertCommandTest, RefusesToReplaceUnlessTold) {
  convert("run", "new", "--layout 1x1x1");
  EXPECT_THAT([&] { convert("run", "new", "--layout 1x2x1"); }, ThrowsMessage<UserError>(HasSubstr("--overwrite")));
  EXPECT_EQ(index("new").files.size(), 1U);
  EXPECT_THROW(convert("run", "new", "--layout 1x3x1 --overwrite"), UserError);
  EXPECT_EQ(index("new").files.size(), 1U);
  convert("run", "new", "--layout 1x2x1 --overwrite");
  EXPECT_EQ(index("new").files.size(), 2U);
  for (const std::string out : {"run", "run/", "run/../run", ".", "run/step-00000007"}) {
    EXPECT_THAT([&] { convert("run/step-00000007", out, "--layout 1x1x1 --overwrite"); },
                ThrowsMessage<UserError>(HasSubstr("would be replaced")))
        << out;
  }
}

TEST_F(ConvertCommandTest, AskedForOneThingAtATime) {
  for (const std::string options :
       {"", "--layout 1x1x1 --to huggingface", "--to huggingface --from huggingface", "--layout 1x1x1 --shard-size 1M",
        "--to huggingface --shard-size 0", "--to huggingface --shard-size much"}) {
    EXPECT_THROW(convert("run", "new", options), UserError) << options;
  }
  EXPECT_THROW(convert("run", "new", "--to gguf"), CLI::ParseError);
  EXPECT_THAT([&] { convert("nothing", "new", "--to huggingface"); }, ThrowsMessage<UserError>(HasSubstr("no such")));
  EXPECT_EQ(names(), (std::vector<std::string>{"run"}));
}

TEST_F(ConvertCommandTest, ThroughHuggingFacesFormatWeightsStay) {
  convert("run", "exported", "--to huggingface --shard-size 1k");
  EXPECT_TRUE(fs::exists(folder_ / "exported/model.safetensors.index.json"));
  convert("exported", "imported", "--from huggingface");
  convert("imported", "again", "--to huggingface");
  convert("run", "whole", "--to huggingface");
  EXPECT_EQ(read_file(folder_ / "again/model.safetensors"), read_file(folder_ / "whole/model.safetensors"));
  EXPECT_EQ(read_file(folder_ / "again/config.json"), read_file(folder_ / "whole/config.json"));
  EXPECT_EQ(index("imported").step, 0);
}

TEST_F(ConvertCommandTest, DamageStopsEveryWayAndLeavesNothing) {
  const fs::path file = find_checkpoint(folder_ / "run") / "rank-00002.safetensors";
  std::string content = read_file(file);
  content[content.size() - 3] ^= 4;
  write_file_atomically(file, content);
  EXPECT_THAT([&] { convert("run", "new", "--layout 1x1x1"); },
              ThrowsMessage<UserError>(HasSubstr("rank-00002.safetensors")));
  EXPECT_EQ(names(), (std::vector<std::string>{"run"}));
}

}  // namespace
}  // namespace triaxis
