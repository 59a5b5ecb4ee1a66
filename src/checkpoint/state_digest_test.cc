#include "checkpoint/state_digest.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "checkpoint/rewrite.h"
#include "config/config.h"

namespace triaxis {
namespace {

class StateDigestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_digest_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Model model() {
    Model small;
    small.layers = 2;
    small.hidden = 8;
    small.heads = small.kv_heads = 4;
    small.head_dim = 2;
    small.ffn_hidden = 12;
    small.vocab = 259;  // shards of the vocabulary differ in size
    small.seq_len = 5;
    return small;
  }

  /// The digest of a checkpoint that a layout writes of these values.
  std::string digest(const Degrees& degrees, const std::vector<int>& stages, const ReadPart& values,
                     bool moments = true) {
    const SavedLayout layout{Grid(degrees), 4, stages};
    const std::filesystem::path path = folder_ / std::to_string(++checkpoints_);
    std::filesystem::create_directories(path);
    CheckpointIndex state;
    state.moments = moments;
    Config config;
    config.model = model();
    state.configuration = to_toml(config);
    write_checkpoint(path, state, owned_slices(model(), layout), layout.grid.ranks(), values);
    CheckpointReader reader(path);
    return state_digest(reader);
  }

  std::filesystem::path folder_;
  int checkpoints_ = 0;
};

/// Another value for every element of every tensor, and for one of them, `wrong` in the place of the right one.
ReadPart values(std::string_view wrong_tensor = "", Form wrong_form = Form::kWeight) {
  return [=](std::string_view name, Form form, const Box& box, std::span<float> part) {
    auto value = part.begin();
    const auto start = static_cast<float>(std::hash<std::string>()(stored_name(name, form)) % 97);
    for (std::int64_t row = box.first_row; row < box.last_row; ++row) {
      for (std::int64_t column = box.first_column; column < box.last_column; ++column) {
        const bool last = name == wrong_tensor && form == wrong_form && row == 7 && column == 0;
        *value++ = start + static_cast<float>(row) * 0.25F + static_cast<float>(column) / 64 + (last ? 1.0F : 0.0F);
      }
    }
  };
}

TEST_F(StateDigestTest, NoLayoutChangesIt) {
  const std::string one = digest({}, {0, 0, 0, 0}, values());
  EXPECT_EQ(digest({.tensor = 2}, {0, 0, 0, 0}, values()), one);
  EXPECT_EQ(digest({.tensor = 4, .data = 2}, {0, 0, 0, 0}, values()), one);
  EXPECT_EQ(digest({.tensor = 2, .pipeline = 2}, {0, 0, 1, 1}, values()), one);
  EXPECT_EQ(digest({.tensor = 2, .pipeline = 2, .data = 2}, {0, 1, 1, 1}, values()), one);
}

TEST_F(StateDigestTest, AnyValueChangesIt) {
  const std::string one = digest({}, {0, 0, 0, 0}, values());
  for (const Form form : {Form::kWeight, Form::kMoment1, Form::kMoment2}) {
    EXPECT_NE(digest({.tensor = 2}, {0, 0, 0, 0}, values("layers.1.mlp.up.weight", form)), one);
    EXPECT_NE(digest({.tensor = 2}, {0, 0, 0, 0}, values("head.norm.weight", form)), one);
  }
}

TEST_F(StateDigestTest, MomentsThatAreNotStoredAreZeros) {
  const ReadPart without = [](std::string_view name, Form form, const Box& box, std::span<float> part) {
    if (form == Form::kWeight) return values()(name, form, box, part);
    std::fill(part.begin(), part.end(), 0.0F);
  };
  EXPECT_EQ(digest({}, {0, 0, 0, 0}, without), digest({.tensor = 2}, {0, 0, 0, 0}, without, false));
}

}  // namespace
}  // namespace triaxis
