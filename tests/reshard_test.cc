// A run that was saved in one layout goes on in any other: the same weights and moments to the last bit and, in the
// same logical partition, the same steps as a run that nobody stopped.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "comm/local/local.h"
#include "small_model.h"
#include "stored_tensors.h"
#include "train/digest.h"
#include "train/run.h"
#include "train/run_checkpoints.h"
#include "train/trainer.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSavedStep = 3;
constexpr std::int64_t kLastStep = kSavedStep + 12;

const Sets kPartition = {"numerics.tensor_shards=4", "numerics.data_groups=4"};

/// What a run leaves at rank 0.
struct Outcome {
  std::vector<std::string> losses;   ///< the bits of each step's
  std::vector<std::string> weights;  ///< hashes, after the last step
  bool operator==(const Outcome&) const = default;
};

/// A place for checkpoints, removed at the end.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("triaxis_reshard_{}", getpid())) {}
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// Trains from step 1 or, if `from` is not empty, from that run's newest checkpoint, up to step `last`, and saves in
/// `to`, if that is not empty, the state that it started from or, from step 1 on, the last.
Outcome train(const Sets& sets, const fs::path& from, std::int64_t last, const fs::path& to) {
  const Config config =
      small_config(sets + Sets{fmt::format("train.steps={}", kLastStep),
                               fmt::format("checkpoint.dir={}", to.empty() ? "unused" : to.string())});
  const RunPlan plan = plan_run(config);
  const Corpus corpus;
  Outcome outcome;
  run_local(plan.grid.ranks(), [&](World& world) {
    Trainer trainer(world, config, plan);
    RunCheckpoints checkpoints(config, plan, corpus, trainer, world.rank(), [](const SaveNotice&) {});
    std::vector<double> losses;
    const auto save = [&] {
      if (to.empty()) return;
      checkpoints.start(static_cast<std::int64_t>(losses.size()), losses);
      checkpoints.finish();
    };
    if (!from.empty()) {
      CheckpointReader reader(find_checkpoint(from));
      losses = reader.index().losses;
      trainer.restore(reader);
      save();
    }
    for (auto step = static_cast<std::int64_t>(losses.size()) + 1; step <= last; ++step)
      losses.push_back(trainer.step(step, fill_small, {}).loss);
    if (from.empty()) save();
    Outcome mine;
    for (const double loss : losses) mine.losses.push_back(loss_bits(loss));
    for (const TensorDigest& each : digest(trainer, plan, DigestOf::kWeights)) mine.weights.push_back(each.hash);
    if (world.rank() == 0) outcome = mine;
  });
  return outcome;
}

/// From each layout to each other.
void reshard_all(const std::vector<const char*>& layouts, const Sets& model) {
  const Folder folder;
  const Outcome unbroken = train(kPartition + model, {}, kLastStep, {});
  ASSERT_EQ(unbroken.losses.size(), static_cast<std::size_t>(kLastStep));
  std::map<std::string, std::string> tensors;
  for (const char* from : layouts) {
    train(layout_sets(from) + kPartition + model, {}, kSavedStep, folder / from);
    if (tensors.empty()) tensors = stored_tensors(folder / from);
    ASSERT_EQ(stored_tensors(folder / from), tensors) << "saved by " << from;
  }
  EXPECT_EQ(tensors.size() % 3, 0U);
  for (const char* from : layouts) {
    for (const char* to : layouts) {
      SCOPED_TRACE(fmt::format("from {} to {}", from, to));
      const fs::path again = folder / fmt::format("{}-{}", from, to);
      const Outcome resumed = train(layout_sets(to) + kPartition + model, folder / from, kLastStep, again);
      ASSERT_EQ(stored_tensors(again), tensors);
      ASSERT_EQ(resumed.losses, unbroken.losses);
      EXPECT_EQ(resumed.weights, unbroken.weights);
      fs::remove_all(again);
    }
  }
}

const Sets kTied = {"model.tie_embeddings=true", "model.dropout=0.1"};
const Sets kUntied = {"model.tie_embeddings=false", "model.dropout=0"};

TEST(Reshard, AnyOfSixLayoutsToAnyOther) { reshard_all({"111", "211", "121", "112", "221", "122"}, kTied); }
TEST(Reshard, SomeLayoutsOfAnUntiedModel) { reshard_all({"141", "411", "222"}, kUntied); }

TEST(SlowReshard, AnyLayoutToAnyOther) {
  for (const Sets& model : {kTied, kUntied})
    reshard_all({"111", "211", "121", "112", "113", "114", "221", "212", "122", "222", "141", "411", "142"}, model);
}

/// A run of another logical partition is another run, but it starts from the same state.
TEST(Reshard, AnotherPartitionStartsFromTheSameState) {
  const Folder folder;
  train(layout_sets("121") + kPartition, {}, kSavedStep, folder / "from");
  const Outcome same = train(layout_sets("111") + kPartition, folder / "from", kLastStep, folder / "same");
  const Outcome other = train(layout_sets("111"), folder / "from", kLastStep, folder / "other");
  EXPECT_EQ(stored_tensors(folder / "other"), stored_tensors(folder / "from"));
  EXPECT_NE(other.weights, same.weights);
}

}  // namespace
}  // namespace triaxis
