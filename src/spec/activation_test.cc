#include "spec/activation.h"

#include <gmock/gmock.h>

#include <set>

namespace triaxis {
namespace {

constexpr Block kLayer{BlockKind::kLayer, 0};

std::int64_t saved_from_forward(const Model& model, const Block& block, const ActivationShape& shape) {
  std::int64_t count = 0;
  for (const ActivationSpec& row : activations_of(model, block, shape)) {
    if (row.lifetime != Lifetime::kInputToWeight) count += elements(row);
  }
  return count;
}

// Korthikanti et al. 2022, section 4.1, without dropout's masks and without the attention matrix: per token 2 h into
// the norms, 2 h out of them, 3 h of queries, keys and values, h of context, and 8 h of the MLP. To these come two
// statistics a norm and one a head.
TEST(LayerActivations, CountAsPublished) {
  const Model model;
  const std::int64_t tokens = 4 * model.seq_len;
  EXPECT_EQ(saved_from_forward(model, kLayer, {.batch = 4}), tokens * (16 * model.hidden + 4 + model.heads));
}

// The same paper's equation 2: tensor parallelism of degree t divides all but the norms' 4 h (and the input of each
// region); what is cut adds up over the shards again.
TEST(LayerActivations, AreCutOverTheShardsWhereTheTensorAxisCuts) {
  const Model model;
  const std::int64_t tokens = model.seq_len;
  const std::int64_t replicated = tokens * (4 * model.hidden + 4);
  const std::int64_t cut = tokens * (12 * model.hidden + model.heads);
  for (const std::int64_t shards : {1, 2, 4, 12}) {
    for (std::int64_t local = 1; local <= shards; local *= 2) {
      EXPECT_EQ(saved_from_forward(model, kLayer, {.batch = 1, .tensor_shards = shards, .local_shards = local}),
                replicated + cut * local / shards);
    }
  }
}

TEST(Activations, HaveUniqueNamesInABlockAndNoEmptyShape) {
  const Model model;
  const ActivationShape shape{.batch = 2, .tensor_shards = 4, .local_shards = 2};
  for (const BlockKind kind : {BlockKind::kEmbedding, BlockKind::kLayer, BlockKind::kHead}) {
    std::set<std::string> names;
    for (const ActivationSpec& row : activations_of(model, {kind, 0}, shape)) {
      EXPECT_TRUE(names.insert(row.name).second) << row.name;
      EXPECT_GT(elements(row), 0) << row.name;
    }
  }
}

// The slot keeps the head's input and the log-sum-exp, not the logits.
TEST(HeadActivations, DoNotGrowWithTheVocabulary) {
  Model model;
  const Block head{BlockKind::kHead, 0};
  const std::int64_t small = saved_from_forward(model, head, {});
  EXPECT_EQ(small, model.seq_len * (2 * model.hidden + 3));
  model.vocab *= 2;
  EXPECT_EQ(saved_from_forward(model, head, {}), small);
}

TEST(EmbeddingActivations, SaveNothingFromTheForward) {
  EXPECT_EQ(saved_from_forward({}, {BlockKind::kEmbedding, 0}, {}), 0);
}

TEST(VocabularyWidth, RoundsUp) {
  Model model;
  model.vocab = 257;
  EXPECT_EQ(vocabulary_width(model, 1), 257);
  EXPECT_EQ(vocabulary_width(model, 2), 129);
  EXPECT_EQ(vocabulary_width(model, 4), 65);
}

}  // namespace
}  // namespace triaxis
