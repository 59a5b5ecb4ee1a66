// Saving from one layout and restoring into another, over the local transport.
#include "checkpoint/saver.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "checkpoint/restore.h"
#include "comm/local/local.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::int64_t kShards = 4;

Model model() {
  Model model;
  model.layers = 2;
  model.hidden = 8;
  model.heads = 4;
  model.kv_heads = 4;
  model.head_dim = 2;
  model.ffn_hidden = 16;
  model.vocab = 11;  // padded in four shards
  model.seq_len = 5;
  return model;
}

class SaverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_saver_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The whole model on each of `tensor` ranks, cut over them.
  ParameterStore store(int tensor, int rank, MemoryLedger& ledger) {
    const std::int64_t local = kShards / tensor;
    return {model(), blocks_of(model()), {kShards, rank * local, local}, 1, DType::kF32, ledger};
  }

  SaverSetup setup(int tensor, int rank, int keep = 2) {
    Degrees degrees;
    degrees.tensor = tensor;
    const SavedLayout layout{Grid(degrees), kShards, std::vector<int>(blocks_of(model()).size(), 0)};
    return {.run = folder_, .keep = keep, .rank = rank, .ranks = tensor, .slices = owned_slices(model(), layout)};
  }

  /// Saves the weights of `seed` as `step` from `tensor` ranks, twice that as first and minus that as second moments.
  void save(int tensor, std::int64_t step, std::uint64_t seed, int keep = 2) {
    run_local(tensor, [&](World& world) {
      MemoryLedger ledger;
      Stream stream(1);
      ParameterStore here = store(tensor, world.rank(), ledger);
      here.initialise(stream, fast_kernels(), seed);
      for (const Unit& unit : here.units()) {
        for (std::int64_t i = 0; unit.weight_of < 0 && i < unit.weight.size(); ++i) {
          unit.moment1.as<float>()[i] = 2 * unit.weight.as<float>()[i];
          unit.moment2.as<float>()[i] = -unit.weight.as<float>()[i];
        }
      }
      const std::array<const ParameterStore*, 1> stores = {&here};
      Saver saver(setup(tensor, world.rank(), keep), stores, ledger);
      CheckpointIndex state;
      state.step = step;
      state.losses = {1.5, 0.25};
      state.configuration = "[train]\n";
      saver.start(state, stream);
      std::vector<int> everyone(static_cast<std::size_t>(tensor));
      std::iota(everyone.begin(), everyone.end(), 0);
      saver.finish(*world.group(everyone));
      EXPECT_FALSE(saver.pending());
    });
  }

  std::filesystem::path folder_;
};

TEST_F(SaverTest, AnyLayoutReadsWhatAnyOtherWrote) {
  for (const int from : {1, 2, 4}) {
    save(from, from, 7);
    for (const int to : {1, 2, 4}) {
      CheckpointReader reader(checkpoint_path(folder_, from));
      for (int rank = 0; rank < to; ++rank) {
        MemoryLedger ledger;
        Stream stream(1);
        ParameterStore here = store(to, rank, ledger);
        ParameterStore expected = store(to, rank, ledger);
        expected.initialise(stream, fast_kernels(), 7);
        restore(here, reader, stream, true);
        for (std::size_t u = 0; u < here.units().size(); ++u) {
          const Unit& unit = here.units()[u];
          for (std::int64_t i = 0; unit.weight_of < 0 && i < unit.weight.size(); ++i) {
            const float weight = expected.units()[u].weight.as<float>()[i];
            ASSERT_EQ(unit.weight.as<float>()[i], weight) << unit.name;
            ASSERT_EQ(unit.moment1.as<float>()[i], 2 * weight) << unit.name;
            ASSERT_EQ(unit.moment2.as<float>()[i], -weight) << unit.name;
          }
        }
      }
      EXPECT_NO_THROW(reader.verify());
    }
  }
}

TEST_F(SaverTest, TheIndexKeepsTheState) {
  save(2, 40, 7);
  const CheckpointIndex index = CheckpointReader(find_checkpoint(folder_)).index();
  EXPECT_EQ(index.step, 40);
  EXPECT_EQ(index.losses, (std::vector<double>{1.5, 0.25}));
  EXPECT_EQ(index.configuration, "[train]\n");
  EXPECT_EQ(index.files.size(), 2U);
}

TEST_F(SaverTest, OnlyTheNewestAreKept) {
  for (const std::int64_t step : {1, 2, 3, 4}) save(1, step, 7, 2);
  std::vector<std::int64_t> steps;
  for (const CheckpointPath& checkpoint : list_checkpoints(folder_)) steps.push_back(checkpoint.step);
  EXPECT_THAT(steps, ::testing::ElementsAre(3, 4));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);
}

TEST_F(SaverTest, WhatIsUnfinishedNeverHidesWhatIsComplete) {
  save(1, 3, 7);
  std::filesystem::create_directories(unfinished_path(folder_, 9));
  write_file_atomically(unfinished_path(folder_, 9) / kIndexName, "x");
  std::filesystem::create_directories(checkpoint_path(folder_, 8));  // no index in it
  EXPECT_EQ(find_checkpoint(folder_), checkpoint_path(folder_, 3));
  remove_leftovers(folder_);
  EXPECT_FALSE(std::filesystem::exists(unfinished_path(folder_, 9)));
  EXPECT_EQ(find_checkpoint(checkpoint_path(folder_, 3)), checkpoint_path(folder_, 3));
}

TEST_F(SaverTest, AFailedWriteIsAnErrorOfThisRank) {
  std::filesystem::create_directories(unfinished_path(folder_, 5) / "rank-00000.safetensors");
  EXPECT_THAT([&] { save(1, 5, 7); }, ThrowsMessage<RunError>(HasSubstr("rank-00000.safetensors")));
  EXPECT_TRUE(list_checkpoints(folder_).empty());
}

TEST_F(SaverTest, ACheckpointOfAnotherModelIsRefused) {
  save(1, 1, 7);
  Model other = model();
  other.ffn_hidden = 32;
  MemoryLedger ledger;
  Stream stream(1);
  ParameterStore here(other, blocks_of(other), {1, 0, 1}, 1, DType::kF32, ledger);
  CheckpointReader reader(find_checkpoint(folder_));
  EXPECT_THAT([&] { restore(here, reader, stream, true); }, ThrowsMessage<UserError>(HasSubstr("has the shape")));
}

TEST_F(SaverTest, NoCheckpointIsOneLine) {
  EXPECT_THAT([&] { find_checkpoint(folder_); }, ThrowsMessage<UserError>(HasSubstr("neither a checkpoint")));
  EXPECT_TRUE(list_checkpoints(folder_ / "none").empty());
}

}  // namespace
}  // namespace triaxis
