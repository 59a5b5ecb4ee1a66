// The decoder against the layers that train, run over the whole text at once.
#include "generate/decoder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "base/philox.h"
#include "layers/stage.h"
#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

struct Setting {
  std::int64_t shards = 1;
  bool tied = true;
  std::int64_t seq_len = 100;
};

Model model_of(const Setting& setting) {
  Model model;
  model.layers = 2;
  model.hidden = 24;
  model.heads = model.kv_heads = 4;
  model.head_dim = 6;
  model.ffn_hidden = 40;
  model.vocab = 53;  // does not divide by the shards
  model.seq_len = setting.seq_len;
  model.tie_embeddings = setting.tied;
  return model;
}

/// A model with random weights, biases and norms, too, in one process.
struct TestModel {
  explicit TestModel(const Setting& setting)
      : model(model_of(setting)),
        blocks(blocks_of(model)),
        parameters(model, blocks, {setting.shards, 0, setting.shards}, 1, DType::kF32, ledger) {
    for (const Entry& entry : parameters.entries()) {
      const Unit& unit = parameters.units()[static_cast<std::size_t>(entry.unit)];
      if (unit.weight_of >= 0) continue;
      const bool is_matrix = entry.spec.shape.size() == 2;
      const RandomKey key = random_key(1, 0, site_hash(entry.spec.name));
      for (std::int64_t s = 0; s < parameters.local_shards(entry); ++s) {
        const ShardRange range = shard_range(entry.spec, setting.shards, s);
        View weight = parameters.block(entry, unit.weight, s);
        if (entry.spec.vocabulary) weight = weight.rows(0, range.last - range.first);
        for (std::int64_t i = 0; i < weight.size(); ++i) {
          const double value = random_normal(key, static_cast<std::uint64_t>(s * 100000 + i));
          weight.as<float>()[i] = static_cast<float>((is_matrix ? 0 : 1) + 0.3 * value);
        }
      }
    }
  }

  Decoder decoder(Stream& stream) { return {model, parameters, fast_kernels(), stream, ledger}; }

  /// The logits [ids][vocab] of the layers that train, run over all ids at once.
  std::vector<std::vector<float>> trained(std::vector<std::int32_t> ids);

  MemoryLedger ledger;
  Model model;
  std::vector<Block> blocks;
  ParameterStore parameters;
};

std::vector<std::vector<float>> TestModel::trained(std::vector<std::int32_t> ids) {
  const std::size_t count = ids.size();
  ids.resize(static_cast<std::size_t>(model.seq_len), 0);
  const TensorSlice& slice = parameters.slice();
  Stream stream(1);
  GradientSink sink(parameters.units().size());
  Workspace workspace(model, {1, slice, true}, DType::kF32, ledger);
  Context context{fast_kernels(), stream, model, parameters, sink, workspace, nullptr, 7, 0, nullptr};
  Stage stage(context, ledger, blocks, 1, {1, 0});
  TestTokens tokens(1, model.seq_len);
  std::vector<double> losses(1);
  Microbatch microbatch;
  microbatch.tokens = tokens.ids();
  microbatch.ids = microbatch.targets = View(ids.data(), DType::kI32, {model.seq_len});
  microbatch.losses = View(losses.data(), DType::kF64, {1});
  stage.refresh(context);
  stage.forward(context, microbatch, {}, {}, {0, 0});
  std::vector<std::vector<float>> logits(count);
  const View& all = workspace.logits;
  for (std::size_t t = 0; t < count; ++t) {
    for (std::int64_t s = 0; s < slice.local; ++s) {
      const float* const row = all[s].as<float>() + static_cast<std::int64_t>(t) * all.dim(2);
      logits[t].insert(logits[t].end(), row, row + all.dim(2));
    }
    logits[t].resize(static_cast<std::size_t>(model.vocab));
  }
  return logits;
}

std::vector<std::int32_t> text_of(std::int64_t length) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int32_t>((i * i + 5 * i + 3) % 53));
  return ids;
}

/// The logits after each of `ids`, read in calls of `step` tokens.
std::vector<std::vector<float>> decoded(Decoder decoder, std::span<const std::int32_t> ids, std::size_t step) {
  std::vector<std::vector<float>> logits;
  for (; !ids.empty(); ids = ids.subspan(std::min(step, ids.size()))) {
    decoder.append(ids.first(std::min(step, ids.size())),
                   [&](std::span<const float> row) { logits.emplace_back(row.begin(), row.end()); });
    const std::span<const float> last = decoder.logits();
    EXPECT_TRUE(std::equal(last.begin(), last.end(), logits.back().begin(), logits.back().end()));
  }
  return logits;
}

double largest(const std::vector<std::vector<float>>& all) {
  double most = 0;
  for (const auto& row : all) {
    for (const float value : row) most = std::max(most, std::abs(static_cast<double>(value)));
  }
  return most;
}

void expect_close(const std::vector<std::vector<float>>& actual, const std::vector<std::vector<float>>& expected,
                  double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  const double bound = tolerance * largest(expected);
  for (std::size_t t = 0; t < actual.size(); ++t) {
    ASSERT_EQ(actual[t].size(), expected[t].size());
    for (std::size_t id = 0; id < actual[t].size(); ++id) {
      ASSERT_NEAR(actual[t][id], expected[t][id], bound) << "token " << t << ", logit " << id;
    }
  }
}

TEST(Decoder, GivesTheLogitsOfTheLayersThatTrain) {
  for (const std::int64_t shards : {1, 2, 4}) {
    for (const bool tied : {true, false}) {
      SCOPED_TRACE(fmt::format("{} shards, {}", shards, tied ? "tied" : "untied"));
      TestModel test({shards, tied});
      Stream stream(2);
      const auto ids = text_of(100);
      const auto expected = test.trained(ids);
      EXPECT_GT(largest(expected), 1);
      for (const std::size_t step : {1, 5, 100}) expect_close(decoded(test.decoder(stream), ids, step), expected, 2e-6);
    }
  }
}

TEST(Decoder, TiedEndsShareTheWeightAndUntiedOnesDoNot) {
  Stream stream(1);
  TestModel tied({1, true});
  TestModel untied({1, false});
  const auto ids = text_of(3);
  EXPECT_NE(decoded(tied.decoder(stream), ids, 1), decoded(untied.decoder(stream), ids, 1));
}

TEST(Decoder, TheNumberOfThreadsChangesNoBit) {
  TestModel test({2, true});
  const auto ids = text_of(90);
  Stream one(1);
  for (const std::size_t step : {1, 90}) {
    const auto expected = decoded(test.decoder(one), ids, step);
    for (const int threads : {2, 3}) {
      Stream several(threads);
      EXPECT_EQ(decoded(test.decoder(several), ids, step), expected) << threads << " threads, steps of " << step;
    }
  }
}

TEST(Decoder, AFullWindowStartsAgainFromItsNewerHalf) {
  TestModel test({2, true, 20});
  Stream stream(1);
  const auto ids = text_of(27);
  const auto all = decoded(test.decoder(stream), ids, 1);
  // The first 20 fill the window; the 21st is the last of the newest ten.
  const std::span<const std::int32_t> text(ids);
  expect_close({all.begin(), all.begin() + 20}, test.trained({text.begin(), text.begin() + 20}), 2e-6);
  const auto again = test.trained({text.begin() + 11, text.end()});
  ASSERT_EQ(again.size(), 16U);
  Decoder decoder = test.decoder(stream);
  for (std::size_t i = 0; i < 27; ++i) {
    decoder.append(text.subspan(i, 1));
    const std::span<const float> logits = decoder.logits();
    if (i >= 20) expect_close({{logits.begin(), logits.end()}}, {again[i - 11]}, 4e-6);
  }
  EXPECT_THAT(decoder.window(), testing::ElementsAreArray(text.subspan(11)));
}

TEST(Decoder, OfATextLongerThanTheWindowTheNewestHalfCounts) {
  TestModel test({1, true, 20});
  Stream stream(1);
  const auto ids = text_of(50);
  Decoder decoder = test.decoder(stream);
  decoder.append(ids);
  EXPECT_THAT(decoder.window(), testing::ElementsAreArray(std::span(ids).last(10)));
  const std::span<const float> logits = decoder.logits();
  expect_close({{logits.begin(), logits.end()}}, {test.trained({ids.end() - 10, ids.end()}).back()}, 2e-6);
}

TEST(Decoder, AWindowOfOneTokenForgetsAllBeforeIt) {
  TestModel test({1, true, 1});
  Stream stream(1);
  Decoder decoder = test.decoder(stream);
  for (const std::int32_t id : {7, 3}) decoder.append(std::span(&id, 1));
  EXPECT_THAT(decoder.window(), testing::ElementsAre(3));
  const std::span<const float> logits = decoder.logits();
  expect_close({{logits.begin(), logits.end()}}, {test.trained({3}).back()}, 2e-6);
}

TEST(Decoder, NothingToReadIsRefused) {
  TestModel test({1, true});
  Stream stream(1);
  Decoder decoder = test.decoder(stream);
  EXPECT_THROW(decoder.logits(), std::logic_error);
  EXPECT_THROW(decoder.append({}), std::logic_error);
}

}  // namespace
}  // namespace triaxis
