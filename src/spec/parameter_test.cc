#include "spec/parameter.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace triaxis {
namespace {

using ::testing::ElementsAre;

Model gpt2_small() {
  Model model;
  model.vocab = 50257;
  return model;
}

const ParameterSpec& row(const std::vector<ParameterSpec>& rows, const std::string& name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ParameterSpec& r) { return r.name == name; });
  if (found == rows.end()) throw std::out_of_range(name);
  return *found;
}

TEST(ParameterCount, IsThatOfThePublishedGpt2Models) {
  Model model = gpt2_small();
  EXPECT_EQ(parameter_count(model), 124'439'808);
  model.tie_embeddings = false;
  EXPECT_EQ(parameter_count(model), 124'439'808 + 50257 * 768);

  model = gpt2_small();
  model.layers = 48;
  model.hidden = 1600;
  model.heads = model.kv_heads = 25;
  model.ffn_hidden = 6400;
  EXPECT_EQ(parameter_count(model), 1'557'611'200);
}

TEST(ParameterRows, AreUniqueAndStartWithTheirBlock) {
  const Model model = gpt2_small();
  std::set<std::string> names;
  for (const Block& block : blocks_of(model)) {
    for (const ParameterSpec& parameter : parameters_of(model, block)) {
      EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
      EXPECT_TRUE(parameter.name.starts_with(name_of(block) + ".")) << parameter.name;
    }
  }
  EXPECT_EQ(names.size(), parameters_of(model).size());
}

TEST(ParameterRows, NameTheHeadsMatrixAsATieOnlyWhereItIsTied) {
  Model model = gpt2_small();
  const std::vector<ParameterSpec> tied = parameters_of(model);
  EXPECT_EQ(row(tied, "head.weight").tied_to, "embedding.token.weight");
  EXPECT_EQ(row(tied, "head.weight").shape, row(tied, "embedding.token.weight").shape);
  model.tie_embeddings = false;
  EXPECT_EQ(row(parameters_of(model), "head.weight").tied_to, "");
}

TEST(ParameterRows, DecayMatricesAndNeitherBiasesNorNorms) {
  for (const ParameterSpec& parameter : parameters_of(gpt2_small())) {
    EXPECT_EQ(parameter.decay, parameter.shape.size() == 2) << parameter.name;
  }
}

TEST(ParameterRows, StartTheResidualProjectionsSmallerByTheDepth) {
  const Model model = gpt2_small();
  const std::vector<ParameterSpec> rows = parameters_of(model);
  EXPECT_DOUBLE_EQ(row(rows, "layers.0.attention.query.weight").deviation, 0.02);
  EXPECT_DOUBLE_EQ(row(rows, "layers.5.attention.output.weight").deviation, 0.02 / std::sqrt(24.0));
  EXPECT_DOUBLE_EQ(row(rows, "layers.5.mlp.down.weight").deviation, 0.02 / std::sqrt(24.0));
  EXPECT_EQ(row(rows, "layers.5.mlp_norm.weight").initial, Initial::kOnes);
  EXPECT_EQ(row(rows, "layers.5.mlp.up.bias").initial, Initial::kZeros);
}

TEST(ParameterRows, CutAsMegatronDoes) {
  const std::vector<ParameterSpec> rows = parameters_of(gpt2_small());
  EXPECT_EQ(row(rows, "layers.0.attention.key.weight").tensor, sharded(0));
  EXPECT_EQ(row(rows, "layers.0.attention.key.bias").tensor, sharded(0));
  EXPECT_EQ(row(rows, "layers.0.attention.output.weight").tensor, sharded(1));
  EXPECT_EQ(row(rows, "layers.0.attention.output.bias").tensor, replicated());
  EXPECT_EQ(row(rows, "layers.0.mlp.up.weight").tensor, sharded(0));
  EXPECT_EQ(row(rows, "layers.0.mlp.down.weight").tensor, sharded(1));
  EXPECT_EQ(row(rows, "embedding.token.weight").tensor, sharded(0));
  EXPECT_EQ(row(rows, "embedding.position.weight").tensor, replicated());
}

// Packed parameters lie side by side in each shard, so they must be cut alike and have the same rest.
TEST(ParameterRows, PackNeighboursOfOneShapeAndCut) {
  std::map<std::string, std::vector<ParameterSpec>> packs;
  for (const ParameterSpec& parameter : parameters_of(gpt2_small())) {
    if (!parameter.pack.empty()) packs[parameter.pack].push_back(parameter);
  }
  EXPECT_EQ(packs.size(), 24);
  for (const auto& [name, members] : packs) {
    ASSERT_EQ(members.size(), 3) << name;
    for (const ParameterSpec& member : members) {
      EXPECT_EQ(member.shape, members.front().shape) << name;
      EXPECT_EQ(member.tensor, members.front().tensor) << name;
    }
  }
}

TEST(ShardShape, DividesTheCutDimensionAlone) {
  const std::vector<ParameterSpec> rows = parameters_of(gpt2_small());
  EXPECT_THAT(shard_shape(row(rows, "layers.0.mlp.up.weight"), 4), ElementsAre(768, 768));
  EXPECT_THAT(shard_shape(row(rows, "layers.0.mlp.down.weight"), 4), ElementsAre(768, 768));
  EXPECT_THAT(shard_shape(row(rows, "layers.0.attention.output.weight"), 4), ElementsAre(768, 192));
  EXPECT_THAT(shard_shape(row(rows, "layers.0.mlp.up.bias"), 4), ElementsAre(768));
  EXPECT_THAT(shard_shape(row(rows, "layers.0.mlp.down.bias"), 4), ElementsAre(768));
  EXPECT_THAT(shard_shape(row(rows, "embedding.token.weight"), 4), ElementsAre(12565, 768));
}

TEST(ShardShape, RefusesACutThatDoesNotDivideUnlessItIsTheVocabulary) {
  const std::vector<ParameterSpec> rows = parameters_of(gpt2_small());
  EXPECT_THROW(shard_shape(row(rows, "layers.0.mlp.up.weight"), 5), std::logic_error);
  EXPECT_THAT(shard_shape(row(rows, "head.weight"), 5), ElementsAre(10052, 768));
}

// Every element of a sharded dimension is in exactly one shard, and no shard is longer than its storage. With 9 of 10
// shards of a vocabulary of 11, the last ones are all padding.
TEST(ShardRange, CoversEveryElementOnce) {
  for (const std::int64_t vocab : {1, 11, 257, 50257, 50304}) {
    Model model = gpt2_small();
    model.vocab = vocab;
    model.layers = 1;
    for (const std::int64_t shards : {1, 2, 3, 4, 6, 12}) {
      for (const ParameterSpec& parameter : parameters_of(model)) {
        if (parameter.tensor.kind != SpreadKind::kSharded) continue;
        const auto dim = static_cast<std::size_t>(parameter.tensor.dim);
        const std::int64_t stored = shard_shape(parameter, shards)[dim];
        std::int64_t next = 0;
        for (std::int64_t shard = 0; shard < shards; ++shard) {
          const ShardRange range = shard_range(parameter, shards, shard);
          EXPECT_EQ(range.first, next) << parameter.name << " shard " << shard << " of " << shards;
          EXPECT_GE(range.last, range.first);
          EXPECT_LE(range.last - range.first, stored);
          next = range.last;
        }
        EXPECT_EQ(next, parameter.shape[dim]) << parameter.name << " over " << shards;
      }
    }
  }
}

TEST(ShardRange, OfAReplicatedParameterIsTheWhole) {
  const std::vector<ParameterSpec> rows = parameters_of(gpt2_small());
  const ShardRange range = shard_range(row(rows, "embedding.position.weight"), 4, 3);
  EXPECT_EQ(range.first, 0);
  EXPECT_EQ(range.last, 1024);
}

}  // namespace
}  // namespace triaxis
