// Every gradient of a stage against central differences of its loss, and the fast kernels against the references.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "layers/stage.h"
#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

constexpr std::int64_t kBatch = 2;
constexpr std::int64_t kSeq = 5;
constexpr std::int64_t kTokens = kBatch * kSeq;
constexpr std::int64_t kMicrobatches = 2;

Model tiny_model(bool tied) {
  Model model;
  model.layers = 2;
  model.hidden = 8;
  model.heads = model.kv_heads = 2;
  model.head_dim = 4;
  model.ffn_hidden = 16;
  model.vocab = 11;
  model.seq_len = kSeq;
  model.tie_embeddings = tied;
  return model;
}

enum class Part { kModel, kEmbedding, kLayer, kHead };

std::vector<Block> blocks_of_part(const Model& model, Part part) {
  switch (part) {
    case Part::kModel:
      return blocks_of(model);
    case Part::kEmbedding:
      return {{BlockKind::kEmbedding, 0}};
    case Part::kLayer:
      return {{BlockKind::kLayer, 1}};
    default:
      return {{BlockKind::kHead, 0}};
  }
}

struct Setting {
  Part part = Part::kModel;
  std::int64_t shards = 1;  ///< all of them on one rank
  bool tied = false;
  double dropout = 0;
  bool split = false;  ///< I of all microbatches, then W of all, in place of B
};

/// A stage with everything around it, on one rank; each microbatch has its own slot and its own data group.
template <typename T>
class StageUnderTest {
 public:
  StageUnderTest(const Kernels& kernels, const Setting& setting);

  /// Forward of all microbatches: the head's losses times loss_scale, or <dy, y> where the stage ends before the head.
  double loss();
  /// REQUIRES: loss() just ran.
  void backward();

  ParameterStore& parameters() { return parameters_; }
  const GradientSink& sink() const { return sink_; }
  bool has_input() const { return blocks_.front().kind != BlockKind::kEmbedding; }
  TestTensor<T>& x() { return x_; }
  TestTensor<T>& dx() { return dx_; }
  TestTensor<T>& y() { return y_; }
  TestTensor<double>& losses() { return losses_; }

 private:
  static Slot slot(std::int64_t m) { return {static_cast<int>(m), static_cast<int>(m)}; }
  Microbatch microbatch(std::int64_t m);
  void randomise();
  /// The tensor's part of a microbatch, or an empty view where the stage has no such end.
  View part(bool exists, TestTensor<T>& tensor, std::int64_t m) { return exists ? tensor.view()[m] : View(); }
  bool has_output() const { return blocks_.back().kind != BlockKind::kHead; }

  Setting setting_;
  Model model_;
  std::vector<Block> blocks_;
  TensorSlice slice_;
  Stream stream_{1};
  MemoryLedger ledger_;
  ParameterStore parameters_;
  GradientSink sink_;
  Workspace workspace_;
  Context context_;
  Stage stage_;
  TestTokens tokens_{kMicrobatches * kBatch, kSeq, {0, 2}};
  TestTensor<std::int32_t> ids_{{kMicrobatches, kTokens}};
  TestTensor<std::int32_t> targets_{{kMicrobatches, kTokens}};
  TestTensor<double> losses_{{kMicrobatches, kBatch}};
  TestTensor<T> x_ = random_tensor<T>({kMicrobatches, kTokens, 8}, 1);
  TestTensor<T> dy_ = random_tensor<T>({kMicrobatches, kTokens, 8}, 2);
  TestTensor<T> y_{{kMicrobatches, kTokens, 8}};
  TestTensor<T> dx_{{kMicrobatches, kTokens, 8}};
  std::int64_t serial_ = 0;
};

template <typename T>
StageUnderTest<T>::StageUnderTest(const Kernels& kernels, const Setting& setting)
    : setting_(setting),
      model_(tiny_model(setting.tied)),
      blocks_(blocks_of_part(model_, setting.part)),
      slice_{setting.shards, 0, setting.shards},
      parameters_(model_, blocks_, slice_, kMicrobatches, kernels.dtype, ledger_),
      sink_(parameters_.units().size()),
      workspace_(model_, {kBatch, slice_, !has_output()}, kernels.dtype, ledger_),
      context_{kernels, stream_, model_, parameters_, sink_, workspace_, nullptr, 7, setting.dropout, nullptr},
      stage_(context_, ledger_, blocks_, kBatch,
             {static_cast<int>(kMicrobatches), setting.split ? static_cast<int>(kMicrobatches) : 0}) {
  for (std::int64_t i = 0; i < ids_.size(); ++i) {
    ids_[i] = static_cast<std::int32_t>(i * 7 % model_.vocab);
    targets_[i] = static_cast<std::int32_t>((i * 5 + 3) % model_.vocab);
  }
  randomise();
}

template <typename T>
void StageUnderTest<T>::randomise() {
  std::uint64_t seed = 100;
  for (const Entry& entry : parameters_.entries()) {
    const Unit& unit = parameters_.units()[static_cast<std::size_t>(entry.unit)];
    if (unit.weight_of >= 0) continue;
    for (std::int64_t s = 0; s < parameters_.local_shards(entry); ++s) {
      const ShardRange range = shard_range(entry.spec, slice_.shards, s);
      View weight = parameters_.block(entry, unit.weight, s);
      if (entry.spec.vocabulary) weight = weight.rows(0, range.last - range.first);
      TestTensor<T> values = random_tensor<T>({weight.size()}, seed++, 0.5);
      std::copy(values.begin(), values.end(), weight.as<T>());
    }
  }
}

template <typename T>
Microbatch StageUnderTest<T>::microbatch(std::int64_t m) {
  const TokenIds& all = tokens_.ids();
  Microbatch microbatch;
  // As in a run, no two forwards share a serial; the backward has its forward's.
  microbatch.serial = serial_ + m;
  microbatch.group = m;
  microbatch.tokens = {kBatch, kSeq, all.sequences.rows(m * kBatch, kBatch),
                       all.positions.rows(m * kBatch, kBatch).reshape({kTokens}),
                       all.document_starts.rows(m * kBatch, kBatch).reshape({kTokens})};
  microbatch.ids = ids_.view()[m];
  microbatch.targets = targets_.view()[m];
  microbatch.losses = losses_.view()[m];
  microbatch.loss_scale = 1.0 / (kMicrobatches * kTokens);
  return microbatch;
}

template <typename T>
double StageUnderTest<T>::loss() {
  serial_ += kMicrobatches;
  stage_.refresh(context_);
  double scale = 0;
  for (std::int64_t m = 0; m < kMicrobatches; ++m) {
    const Microbatch mb = microbatch(m);
    scale = mb.loss_scale;
    stage_.forward(context_, mb, part(has_input(), x_, m), part(has_output(), y_, m), slot(m));
  }
  if (has_output()) return weighted_sum(y_, dy_);
  double sum = 0;
  for (const double value : losses_) sum += value * scale;
  return sum;
}

template <typename T>
void StageUnderTest<T>::backward() {
  sink_.start(kMicrobatches);
  parameters_.zero_gradients(stream_, context_.kernels);
  for (std::int64_t m = 0; m < kMicrobatches; ++m) {
    const View dy = part(has_output(), dy_, m);
    const View dx = part(has_input(), dx_, m);
    if (setting_.split) {
      stage_.backward_input(context_, microbatch(m), dy, dx, slot(m));
    } else {
      // One gradient memory serves every microbatch of full backwards.
      stage_.backward(context_, microbatch(m), dy, dx, {static_cast<int>(m), 0});
    }
  }
  for (std::int64_t m = 0; setting_.split && m < kMicrobatches; ++m)
    stage_.backward_weight(context_, microbatch(m), slot(m));
}

/// The gradient of unit `number`'s weight: over all data groups, and over all units that share the weight.
std::vector<double> weight_gradient(const ParameterStore& parameters, int number) {
  const std::span<const Unit> units = parameters.units();
  std::vector<double> sum(static_cast<std::size_t>(units[static_cast<std::size_t>(number)].weight.size()), 0.0);
  for (int u = 0; u < static_cast<int>(units.size()); ++u) {
    const Unit& unit = units[static_cast<std::size_t>(u)];
    if (u != number && unit.weight_of != number) continue;
    for (const View& gradient : unit.gradients) {
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += gradient.as<double>()[i];
    }
  }
  return sum;
}

class Gradient : public testing::TestWithParam<std::tuple<Part, std::int64_t, bool, double, bool>> {
 protected:
  static Setting setting() {
    const auto [part, shards, tied, dropout, split] = GetParam();
    return {part, shards, tied, dropout, split};
  }
};

/// REQUIRES: `at` is an input of the loss, `gradient` its gradient.
void expect_derivative(StageUnderTest<double>& stage, double& at, double gradient, const std::string& what) {
  constexpr double kStep = 1e-5;
  const double value = at;
  at = value + kStep;
  const double above = stage.loss();
  at = value - kStep;
  const double below = stage.loss();
  at = value;
  EXPECT_NEAR(gradient, (above - below) / (2 * kStep), 1e-8 + 1e-6 * std::abs(gradient)) << what;
}

TEST_P(Gradient, IsTheDerivativeOfTheLoss) {
  StageUnderTest<double> stage(reference_kernels<double>(), setting());
  stage.loss();
  stage.backward();
  EXPECT_TRUE(stage.sink().all_ready());
  const std::span<const Unit> units = stage.parameters().units();
  for (int u = 0; u < static_cast<int>(units.size()); ++u) {
    const Unit& unit = units[static_cast<std::size_t>(u)];
    if (unit.weight_of >= 0) continue;
    const std::vector<double> gradient = weight_gradient(stage.parameters(), u);
    for (std::size_t i = 0; i < gradient.size(); ++i)
      expect_derivative(stage, unit.weight.as<double>()[i], gradient[i], unit.name + " " + std::to_string(i));
  }
  for (std::int64_t i = 0; stage.has_input() && i < stage.x().size(); ++i)
    expect_derivative(stage, stage.x()[i], stage.dx()[i], "input " + std::to_string(i));
}

TEST_P(Gradient, AndLossAreTheSameWithFastKernels) {
  const auto run = [](const Kernels& kernels) {
    StageUnderTest<float> stage(kernels, setting());
    stage.loss();
    stage.backward();
    std::vector<Outputs> all(4);
    append(all[0], stage.losses());
    append(all[1], stage.y());
    append(all[2], stage.dx());
    const View gradients = stage.parameters().flat_gradients();
    all[3].assign(gradients.as<float>(), gradients.as<float>() + gradients.size());
    return all;
  };
  const std::vector<Outputs> expected = run(reference_kernels<float>());
  const std::vector<Outputs> actual = run(fast_kernels());
  expect_near(actual[0], expected[0], 1e-4, "losses");
  expect_near(actual[1], expected[1], 1e-4, "output");
  expect_near(actual[2], expected[2], 1e-4, "input gradient");
  expect_near(actual[3], expected[3], 1e-4, "parameter gradients");
}

INSTANTIATE_TEST_SUITE_P(Stage, Gradient,
                         testing::Combine(testing::Values(Part::kModel, Part::kEmbedding, Part::kLayer, Part::kHead),
                                          testing::Values(std::int64_t{1}, std::int64_t{2}), testing::Bool(),
                                          testing::Values(0.0, 0.2), testing::Bool()));

}  // namespace
}  // namespace triaxis
