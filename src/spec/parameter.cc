#include "spec/parameter.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

/// Adds rows under a block's name.
class Rows {
 public:
  explicit Rows(std::string prefix) : prefix_(std::move(prefix)) {}

  ParameterSpec& add(const std::string& name, std::vector<std::int64_t> shape, Spread spread) {
    ParameterSpec row;
    row.name = prefix_ + "." + name;
    row.shape = std::move(shape);
    row.tensor = spread;
    row.gradient = spread;
    rows_.push_back(std::move(row));
    return rows_.back();
  }

  void matrix(const std::string& name, std::vector<std::int64_t> shape, Spread spread, double deviation,
              const std::string& pack = "") {
    ParameterSpec& row = add(name, std::move(shape), spread);
    row.deviation = deviation;
    row.decay = true;
    if (!pack.empty()) row.pack = prefix_ + "." + pack;
  }

  void vector(const std::string& name, std::int64_t size, Spread spread, Initial initial,
              const std::string& pack = "") {
    ParameterSpec& row = add(name, {size}, spread);
    row.initial = initial;
    if (!pack.empty()) row.pack = prefix_ + "." + pack;
  }

  void norm(const std::string& name, std::int64_t size) {
    vector(name + ".weight", size, replicated(), Initial::kOnes);
    vector(name + ".bias", size, replicated(), Initial::kZeros);
  }

  std::vector<ParameterSpec> take() { return std::move(rows_); }

 private:
  std::string prefix_;
  std::vector<ParameterSpec> rows_;
};

// GPT-2's initialisation: normal(init_std), the two projections into the residual stream divided by sqrt(2 layers)
// (Radford et al. 2019).
std::vector<ParameterSpec> layer_rows(const Model& model, const std::string& prefix) {
  const std::int64_t h = model.hidden;
  const std::int64_t inner = model.heads * model.head_dim;
  const std::int64_t f = model.ffn_hidden;
  const double residual = model.init_std / std::sqrt(2.0 * static_cast<double>(model.layers));
  Rows rows(prefix);
  rows.norm("attention_norm", h);
  for (const char* part : {"query", "key", "value"}) {
    rows.matrix(std::string("attention.") + part + ".weight", {inner, h}, sharded(0), model.init_std,
                "attention.qkv.weight");
  }
  for (const char* part : {"query", "key", "value"}) {
    rows.vector(std::string("attention.") + part + ".bias", inner, sharded(0), Initial::kZeros, "attention.qkv.bias");
  }
  rows.matrix("attention.output.weight", {h, inner}, sharded(1), residual);
  rows.vector("attention.output.bias", h, replicated(), Initial::kZeros);
  rows.norm("mlp_norm", h);
  rows.matrix("mlp.up.weight", {f, h}, sharded(0), model.init_std);
  rows.vector("mlp.up.bias", f, sharded(0), Initial::kZeros);
  rows.matrix("mlp.down.weight", {h, f}, sharded(1), residual);
  rows.vector("mlp.down.bias", h, replicated(), Initial::kZeros);
  return rows.take();
}

std::vector<ParameterSpec> embedding_rows(const Model& model, const std::string& prefix) {
  Rows rows(prefix);
  rows.matrix("token.weight", {model.vocab, model.hidden}, sharded(0), model.init_std);
  std::vector<ParameterSpec> result = rows.take();
  result.front().vocabulary = true;
  Rows positions(prefix);
  positions.matrix("position.weight", {model.seq_len, model.hidden}, replicated(), model.init_std / 2);
  result.push_back(std::move(positions.take().front()));
  return result;
}

std::vector<ParameterSpec> head_rows(const Model& model, const std::string& prefix) {
  Rows rows(prefix);
  rows.norm("norm", model.hidden);
  rows.matrix("weight", {model.vocab, model.hidden}, sharded(0), model.init_std);
  std::vector<ParameterSpec> result = rows.take();
  result.back().vocabulary = true;
  if (model.tie_embeddings) result.back().tied_to = "embedding.token.weight";
  return result;
}

}  // namespace

std::vector<ParameterSpec> parameters_of(const Model& model, const Block& block) {
  const std::string prefix = name_of(block);
  switch (block.kind) {
    case BlockKind::kEmbedding:
      return embedding_rows(model, prefix);
    case BlockKind::kLayer:
      return layer_rows(model, prefix);
    case BlockKind::kHead:
      return head_rows(model, prefix);
  }
  return {};
}

std::vector<ParameterSpec> parameters_of(const Model& model) {
  std::vector<ParameterSpec> all;
  for (const Block& block : blocks_of(model)) {
    for (ParameterSpec& row : parameters_of(model, block)) all.push_back(std::move(row));
  }
  return all;
}

std::int64_t elements(const ParameterSpec& parameter) {
  return std::accumulate(parameter.shape.begin(), parameter.shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const ParameterSpec& row : parameters_of(model)) count += row.tied_to.empty() ? elements(row) : 0;
  return count;
}

std::vector<std::int64_t> shard_shape(const ParameterSpec& parameter, std::int64_t tensor_shards) {
  std::vector<std::int64_t> shape = parameter.shape;
  if (parameter.tensor.kind != SpreadKind::kSharded) return shape;
  std::int64_t& cut = shape[static_cast<std::size_t>(parameter.tensor.dim)];
  check(parameter.vocabulary || cut % tensor_shards == 0, parameter.name + " does not divide by the logical shards");
  cut = (cut + tensor_shards - 1) / tensor_shards;
  return shape;
}

ShardRange shard_range(const ParameterSpec& parameter, std::int64_t tensor_shards, std::int64_t shard) {
  if (parameter.tensor.kind != SpreadKind::kSharded) return {0, parameter.shape.front()};
  const std::int64_t whole = parameter.shape[static_cast<std::size_t>(parameter.tensor.dim)];
  const std::int64_t width = (whole + tensor_shards - 1) / tensor_shards;
  return {std::min(whole, shard * width), std::min(whole, (shard + 1) * width)};
}

}  // namespace triaxis
