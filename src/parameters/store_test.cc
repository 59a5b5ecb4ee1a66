#include "parameters/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/philox.h"

namespace triaxis {
namespace {

constexpr std::uint64_t kSeed = 11;

Model model_of(bool tied) {
  Model model;
  model.layers = 2;
  model.hidden = 8;
  model.heads = model.kv_heads = 4;
  model.head_dim = 2;
  model.ffn_hidden = 16;
  model.vocab = 10;  // four shards of three rows: two rows of padding, all in the last
  model.seq_len = 5;
  model.tie_embeddings = tied;
  return model;
}

ParameterStore store_of(const Model& model, const TensorSlice& slice, MemoryLedger& ledger) {
  return {model, blocks_of(model), slice, 2, DType::kF32, ledger};
}

/// Every weight without a tie, put together from the slices of all ranks.
std::map<std::string, std::vector<float>> initial_weights(const Model& model, std::int64_t shards, std::int64_t ranks) {
  std::map<std::string, std::vector<float>> all;
  Stream stream(1);
  MemoryLedger ledger;
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    const std::int64_t local = shards / ranks;
    ParameterStore store = store_of(model, {shards, rank * local, local}, ledger);
    store.initialise(stream, fast_kernels(), kSeed);
    for (const Entry& entry : store.entries()) {
      const ParameterSpec& spec = entry.spec;
      const std::int64_t columns = spec.shape.size() > 1 ? spec.shape[1] : 1;
      std::vector<float>& whole = all[spec.name];
      whole.resize(static_cast<std::size_t>(elements(spec)));
      for (std::int64_t s = 0; s < store.local_shards(entry); ++s) {
        const View block = store.block(entry, store.units()[static_cast<std::size_t>(entry.unit)].weight, s);
        const ShardRange range = shard_range(spec, shards, store.first_shard(entry) + s);
        const bool by_columns = spec.tensor.kind == SpreadKind::kSharded && spec.tensor.dim == 1;
        const std::int64_t rows = by_columns ? spec.shape[0] : range.last - range.first;
        const std::int64_t width = by_columns ? range.last - range.first : columns;
        const std::int64_t start = by_columns ? range.first : range.first * columns;
        for (std::int64_t i = 0; i < rows; ++i) {
          std::copy_n(block.as<float>() + i * width, width,
                      whole.begin() + static_cast<std::ptrdiff_t>(start + i * columns));
        }
      }
    }
  }
  return all;
}

TEST(ParameterStore, StartsTheSameHoweverItIsCut) {
  const Model model = model_of(true);
  const auto whole = initial_weights(model, 1, 1);
  for (const std::int64_t ranks : {1, 2, 4}) EXPECT_EQ(initial_weights(model, 4, ranks), whole) << ranks << " ranks";
}

TEST(ParameterStore, StartsFromTheGeneratorByNameAndGlobalIndex) {
  const Model model = model_of(false);
  const auto weights = initial_weights(model, 4, 2);
  for (const ParameterSpec& spec : parameters_of(model)) {
    const RandomKey key = random_key(kSeed, 0, site_hash(spec.name));
    const std::vector<float>& actual = weights.at(spec.name);
    for (std::size_t i = 0; i < actual.size(); ++i) {
      float expected = spec.initial == Initial::kOnes ? 1.0f : 0.0f;
      if (spec.initial == Initial::kNormal) expected = static_cast<float>(spec.deviation * random_normal(key, i));
      ASSERT_FLOAT_EQ(actual[i], expected) << spec.name << " " << i;
    }
  }
}

TEST(ParameterStore, LaysTheRowsOfAPackSideBySideInEachShard) {
  const Model model = model_of(true);
  MemoryLedger ledger;
  const ParameterStore store = store_of(model, {4, 2, 2}, ledger);
  const Unit& qkv = store.units()[static_cast<std::size_t>(store.unit("layers.1.attention.qkv.weight"))];
  ASSERT_EQ(describe(qkv.weight), "[2, 6, 8] f32");
  std::int64_t row = 0;
  for (const Entry& entry : store.entries()) {
    if (&store.units()[static_cast<std::size_t>(entry.unit)] != &qkv) continue;
    EXPECT_EQ(entry.first_row, row) << entry.spec.name;
    EXPECT_EQ(entry.rows, 2) << entry.spec.name;
    EXPECT_EQ(store.first_shard(entry), 2);
    for (std::int64_t s = 0; s < 2; ++s) {
      const View block = store.block(entry, qkv.weight, s);
      EXPECT_EQ(describe(block), "[2, 8] f32");
      EXPECT_EQ(block.as<float>(), qkv.weight.as<float>() + (s * 6 + row) * 8) << entry.spec.name << " shard " << s;
    }
    row += entry.rows;
  }
  EXPECT_EQ(row, 6);
}

TEST(ParameterStore, SharesTheWeightOfATieButNotTheGradients) {
  MemoryLedger ledger;
  const ParameterStore tied = store_of(model_of(true), {2, 0, 2}, ledger);
  const int embedding = tied.unit("embedding.token.weight");
  const Unit& table = tied.units()[static_cast<std::size_t>(embedding)];
  const Unit& head = tied.units()[static_cast<std::size_t>(tied.unit("head.weight"))];
  EXPECT_EQ(head.weight_of, embedding);
  EXPECT_EQ(head.weight.data, table.weight.data);
  EXPECT_TRUE(head.moment1.empty());
  EXPECT_TRUE(head.moment2.empty());
  EXPECT_NE(head.gradients[0].data, table.gradients[0].data);

  const ParameterStore untied = store_of(model_of(false), {2, 0, 2}, ledger);
  const Unit& own = untied.units()[static_cast<std::size_t>(untied.unit("head.weight"))];
  EXPECT_EQ(own.weight_of, -1);
  EXPECT_NE(own.weight.data,
            untied.units()[static_cast<std::size_t>(untied.unit("embedding.token.weight"))].weight.data);
}

TEST(ParameterStore, StartsATiedHeadOnItsOwnStageAsTheEmbedding) {
  const Model model = model_of(true);
  MemoryLedger ledger;
  Stream stream(1);
  const TensorSlice slice{2, 0, 2};
  const std::vector<Block> first{{BlockKind::kEmbedding, 0}};
  const std::vector<Block> last{{BlockKind::kHead, 0}};
  ParameterStore embedding(model, first, slice, 1, DType::kF32, ledger);
  ParameterStore head(model, last, slice, 1, DType::kF32, ledger);
  embedding.initialise(stream, fast_kernels(), kSeed);
  head.initialise(stream, fast_kernels(), kSeed);
  const View a = embedding.units()[static_cast<std::size_t>(embedding.unit("embedding.token.weight"))].weight;
  const View b = head.units()[static_cast<std::size_t>(head.unit("head.weight"))].weight;
  ASSERT_EQ(describe(a), describe(b));
  EXPECT_NE(a.data, b.data);
  EXPECT_TRUE(std::equal(a.as<float>(), a.as<float>() + a.size(), b.as<float>()));
}

TEST(ParameterStore, LeavesThePaddingOfTheVocabularyZero) {
  const Model model = model_of(true);
  MemoryLedger ledger;
  Stream stream(1);
  ParameterStore store = store_of(model, {4, 0, 4}, ledger);
  store.initialise(stream, fast_kernels(), kSeed);
  const View table = store.units()[static_cast<std::size_t>(store.unit("embedding.token.weight"))].weight;
  ASSERT_EQ(describe(table), "[4, 3, 8] f32");
  const float* const padding = table.as<float>() + model.vocab * model.hidden;
  const float* const end = table.as<float>() + table.size();
  const std::vector<float> values(padding, end);
  EXPECT_THAT(values, testing::AllOf(testing::SizeIs(16), testing::Each(0.0f)));
  EXPECT_NE(padding[-1], 0.0f);
}

TEST(ParameterStore, KeepsTheGradientsOfUnitsAndGroupsApart) {
  MemoryLedger ledger;
  Stream stream(1);
  ParameterStore store = store_of(model_of(true), {4, 0, 2}, ledger);
  std::vector<std::pair<float*, float*>> ranges;
  for (const Unit& unit : store.units()) {
    for (std::size_t group = 0; group < unit.gradients.size(); ++group) {
      const View& gradient = unit.gradients[group];
      const View row = store.flat_gradients()[static_cast<std::int64_t>(group)];
      EXPECT_EQ(gradient.size(), unit.weight.size()) << unit.name;
      EXPECT_GE(gradient.as<float>(), row.as<float>()) << unit.name;
      EXPECT_LE(gradient.as<float>() + gradient.size(), row.as<float>() + row.size()) << unit.name;
      ranges.emplace_back(gradient.as<float>(), gradient.as<float>() + gradient.size());
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) EXPECT_LE(ranges[i - 1].second, ranges[i].first);
  for (const auto& [begin, end] : ranges) std::fill(begin, end, 1.0f);
  store.zero_gradients(stream, fast_kernels());
  for (const auto& [begin, end] : ranges) EXPECT_EQ(std::count(begin, end, 0.0f), end - begin);
}

TEST(ParameterStore, TakesTheMemoryOfItsFootprint) {
  const Model model = model_of(true);
  const TensorSlice slice{4, 0, 2};
  const StoreFootprint bytes = ParameterStore::footprint(model, blocks_of(model), slice, 2, DType::kF32);
  MemoryLedger ledger;
  const ParameterStore store = store_of(model, slice, ledger);
  EXPECT_EQ(ledger.now(Category::kParameters), static_cast<std::int64_t>(bytes.parameters));
  EXPECT_EQ(ledger.now(Category::kGradients), static_cast<std::int64_t>(bytes.gradients));
  EXPECT_EQ(ledger.now(Category::kOptimizer), static_cast<std::int64_t>(bytes.optimizer));
}

TEST(ParameterStore, WithoutGroupsHasWeightsAlone) {
  MemoryLedger ledger;
  const Model model = model_of(true);
  const ParameterStore store(model, blocks_of(model), {1, 0, 1}, 0, DType::kF32, ledger);
  EXPECT_GT(ledger.now(Category::kParameters), 0);
  EXPECT_EQ(ledger.now(Category::kGradients), 0);
  EXPECT_EQ(ledger.now(Category::kOptimizer), 0);
}

}  // namespace
}  // namespace triaxis
