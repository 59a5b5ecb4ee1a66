#include "cost/memory.h"

#include <gmock/gmock.h>

namespace triaxis {
namespace {

constexpr std::int64_t kLayers = 12;

/// The whole of GPT-2 124M with a vocabulary of 50304 on one rank, one sequence at a time.
RankLoad whole_model() {
  RankLoad load;
  load.stages = {{.blocks = {0, kLayers + 2}}};
  return load;
}

// By hand. Weights 124,475,904; products' matrices 12 x 12 x 768^2 + 50304 x 768 = 123,568,128, each packed twice; the
// tied head has a gradient of its own and no weight.
TEST(PredictMemory, OfGpt2SmallOnOneRank) {
  const MemoryBytes bytes = predict_memory({}, whole_model());
  const std::int64_t weights = 124'475'904;
  const std::int64_t head = 50304 * 768;
  EXPECT_EQ(bytes.parameters, 4 * (weights + 2 * 123'568'128));
  EXPECT_EQ(bytes.gradients, 4 * (weights + head));
  EXPECT_EQ(bytes.optimizer, 8 * weights);
  EXPECT_EQ(bytes.communication, 0);
  // Saved from the forward: 16 h + 4 + heads values a token and layer, 2 h + 3 in the head. One block's gradients: four
  // whole tensors, the MLP's 4 h and the 3 h of queries, keys and values.
  EXPECT_EQ(bytes.activations, 4 * 1024 * (kLayers * (16 * 768 + 16) + 2 * 768 + 3 + 11 * 768));
  EXPECT_EQ(bytes.workspace, 4 * 1024 * (768 + 3072 + 3 * 768 + 50304 + 1 + 2 + 4) + 2 * 64);
  EXPECT_EQ(bytes.total(), bytes.parameters + bytes.gradients + bytes.optimizer + bytes.activations + bytes.workspace);
}

TEST(PredictMemory, AnUntiedHeadHasAWeightAndMoments) {
  Model untied;
  untied.tie_embeddings = false;
  const MemoryBytes tied = predict_memory({}, whole_model());
  const MemoryBytes bytes = predict_memory(untied, whole_model());
  EXPECT_EQ(bytes.parameters - tied.parameters, 4 * 50304 * 768);
  EXPECT_EQ(bytes.optimizer - tied.optimizer, 8 * 50304 * 768);
  EXPECT_EQ(bytes.gradients, tied.gradients);
}

// Cutting the pipeline gives away nothing but the second copy of the tied matrix, with its moments.
TEST(PredictMemory, StagesAddUpToTheModel) {
  const MemoryBytes whole = predict_memory({}, whole_model());
  RankLoad first = whole_model();
  RankLoad second = whole_model();
  first.stages.front().blocks = {0, 8};
  second.stages.front().blocks = {8, kLayers + 2};
  const MemoryBytes a = predict_memory({}, first);
  const MemoryBytes b = predict_memory({}, second);
  const std::int64_t head = 50304 * 768;
  EXPECT_EQ(a.parameters + b.parameters, whole.parameters + 4 * head);
  EXPECT_EQ(a.optimizer + b.optimizer, whole.optimizer + 8 * head);
  EXPECT_EQ(a.gradients + b.gradients, whole.gradients);
  EXPECT_GT(b.workspace, a.workspace + 4 * 1024 * 50304);
  EXPECT_EQ(a.communication, 4 << 20);  // the other end's gradient of the tie, a bucket at a time
  EXPECT_EQ(b.communication, 4 << 20);
}

// Half the shards hold half of what is cut. Norms, positions and the biases added after a sum are on every rank.
TEST(PredictMemory, TensorRanksShareWhatIsCut) {
  RankLoad load = whole_model();
  load.tensor_shards = 4;
  const MemoryBytes one = predict_memory({}, load);
  load.tensor_ranks = 2;
  const MemoryBytes two = predict_memory({}, load);
  const std::int64_t replicated = 1024 * 768 + kLayers * 6 * 768 + 2 * 768;
  EXPECT_EQ(2 * two.optimizer - one.optimizer, 8 * replicated);
  EXPECT_EQ(2 * two.gradients - one.gradients, 4 * replicated);
  EXPECT_EQ(one.communication, 0);
  EXPECT_EQ(two.communication, 4 * 1024 * 768);  // every member's piece of half the sum
}

// A vocabulary of 257 in two shards: each of 129 rows, one of them padding in the last, is packed as 192 columns.
TEST(PredictMemory, PaddedShardsAndPackedFormsCount) {
  Model model;
  model.vocab = 257;
  model.tie_embeddings = false;
  RankLoad load = whole_model();
  load.stages.front().blocks = {kLayers + 1, kLayers + 2};
  load.tensor_shards = 2;
  EXPECT_EQ(predict_memory(model, load).gradients, 4 * (2 * 129 * 768 + 2 * 768));
  EXPECT_EQ(predict_memory(model, load).parameters, 4 * (2 * 129 * 768 + 2 * 768 + 2 * 192 * 768 + 2 * 768 * 144));
}

TEST(PredictMemory, EachLocalDataGroupHasGradientsOfItsOwn) {
  RankLoad load = whole_model();
  const MemoryBytes one = predict_memory({}, load);
  load.data_groups = 4;
  EXPECT_EQ(predict_memory({}, load).gradients, 4 * one.gradients);
  load.data_ranks = 2;
  const MemoryBytes two = predict_memory({}, load);
  EXPECT_EQ(two.gradients, 2 * one.gradients);
  EXPECT_EQ(two.communication, 4 << 20);  // a bucket, cut into two pieces from two ranks
}

TEST(PredictMemory, CountsEverySlotAndMessage) {
  RankLoad load = whole_model();
  load.stages.front().blocks = {4, 8};
  const MemoryBytes one = predict_memory({}, load);
  load.stages.front().saved_slots = 3;
  load.stages.front().gradient_slots = 2;
  load.send_channels = 2;
  load.receive_buffers = 3;
  load.local_buffers = 1;
  load.scratch_bytes = 1000;
  const MemoryBytes more = predict_memory({}, load);
  const std::int64_t saved = 4 * 1024 * 4 * (16 * 768 + 16);
  const std::int64_t gradients = 4 * 1024 * 11 * 768;  // of one block
  EXPECT_EQ(one.activations, saved + gradients);
  EXPECT_EQ(more.activations, 3 * saved + 2 * 4 * gradients);
  EXPECT_EQ(more.communication, (2 * 2 + 3) * (4 * 1024 * 768 + 64) + 4 * 1024 * 768);
  EXPECT_EQ(more.workspace, one.workspace + 1000);
}

}  // namespace
}  // namespace triaxis
