#include "cost/flops.h"

#include <gmock/gmock.h>

#include "spec/stages.h"

namespace triaxis {
namespace {

Model gpt2_small() {
  Model model;
  model.vocab = 50257;
  return model;
}

// By hand: 12 layers of 12 x 768^2 and the head's 50257 x 768, six times; and 12 layers of 6 x 768 x 1025.
TEST(ModelFlops, OfGpt2Small) { EXPECT_DOUBLE_EQ(model_flops_per_token(gpt2_small()), 741'192'192.0 + 56'678'400.0); }

TEST(ModelFlops, DoNotDependOnTheTie) {
  Model model = gpt2_small();
  const double tied = model_flops_per_token(model);
  model.tie_embeddings = false;
  EXPECT_DOUBLE_EQ(model_flops_per_token(model), tied);
}

// Narayanan et al. 2021: 72 B s l h^2 (1 + s / 6h + V / 12lh) without recomputation, with every pair of tokens counted.
// The mask takes s (s - 1) / 2 of the s^2 pairs away.
TEST(ModelFlops, AreThePublishedFormulaWithoutTheMaskedPairs) {
  Model model;
  model.layers = 24;
  model.hidden = 2048;
  model.heads = 32;
  model.ffn_hidden = 4 * 2048;
  model.vocab = 51200;
  model.seq_len = 512;
  const double l = 24;
  const double h = 2048;
  const double s = 512;
  const double published = 72 * l * h * h * (1 + s / (6 * h) + 51200 / (12 * l * h));
  const double masked = 3 * 4 * l * h * (s - 1) / 2;
  EXPECT_NEAR(model_flops_per_token(model), published - masked, published * 1e-12);
}

TEST(BlockFlops, GrowWithTheBatchAndSplitIntoThirdsButForAttention) {
  const Model model = gpt2_small();
  const BlockFlops head = block_flops(model, {BlockKind::kHead, 0}, 1);
  EXPECT_DOUBLE_EQ(head.forward, 2.0 * 1024 * 50257 * 768);
  EXPECT_DOUBLE_EQ(head.input_gradient, head.forward);
  EXPECT_DOUBLE_EQ(head.weight_gradient, head.forward);

  const BlockFlops layer = block_flops(model, {BlockKind::kLayer, 3}, 2);
  const double products = 2.0 * 2 * 1024 * 12 * 768 * 768;
  const double attention = 2.0 * 4 * 768 * 1024 * 1025 / 2;
  EXPECT_DOUBLE_EQ(layer.forward, products + attention);
  EXPECT_DOUBLE_EQ(layer.input_gradient, products + 2 * attention);
  EXPECT_DOUBLE_EQ(layer.weight_gradient, products);

  EXPECT_DOUBLE_EQ(block_flops(model, {BlockKind::kEmbedding, 0}, 8).total(), 0);
}

TEST(BlockCosts, CountTheHeadAndLittleForTheEmbedding) {
  const std::vector<double> costs = block_costs(gpt2_small());
  ASSERT_EQ(costs.size(), 14);
  EXPECT_DOUBLE_EQ(costs[1], costs[12]);
  EXPECT_GT(costs.front(), 0);
  EXPECT_LT(costs.front(), costs[1] / 50);
  EXPECT_GT(costs.back(), 3 * costs[1]);
  EXPECT_LT(costs.back(), 6 * costs[1]);
}

// The head weighs as much as five layers, so an even cut by layers would make the last stage the slowest by far.
TEST(BlockCosts, GiveTheLastStageFewerLayers) {
  const std::vector<StageRange> stages = balance_stages(block_costs(gpt2_small()), 4);
  const StageRange last = stages.back();
  EXPECT_LE(last.last - last.first, 2);
  for (std::size_t s = 0; s + 1 < stages.size(); ++s) EXPECT_GE(stages[s].last - stages[s].first, 3);
}

}  // namespace
}  // namespace triaxis
