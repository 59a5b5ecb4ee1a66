#include "spec/activation.h"

#include <functional>
#include <numeric>

namespace triaxis {
namespace {

std::vector<ActivationSpec> layer_activations(const Model& model, const ActivationShape& shape) {
  const std::int64_t tokens = shape.tokens(model);
  const std::int64_t shards = shape.local_shards;
  const std::int64_t heads = model.heads / shape.tensor_shards;
  const std::int64_t inner = heads * model.head_dim;
  const std::int64_t ffn = model.ffn_hidden / shape.tensor_shards;
  const std::vector<std::int64_t> whole = {tokens, model.hidden};
  using enum Lifetime;
  return {
      {"input", whole, kForwardToWeight},
      {"attention_norm.mean", {tokens}, kForwardToWeight},
      {"attention_norm.rstd", {tokens}, kForwardToWeight},
      {"attention_norm.output", whole, kForwardToWeight},
      {"attention.qkv", {shards, tokens, 3 * inner}, kForwardToInput},
      {"attention.lse", {shards, heads, tokens}, kForwardToInput},
      {"attention.context", {shards, tokens, inner}, kForwardToWeight},
      {"middle", whole, kForwardToWeight},
      {"mlp_norm.mean", {tokens}, kForwardToWeight},
      {"mlp_norm.rstd", {tokens}, kForwardToWeight},
      {"mlp_norm.output", whole, kForwardToWeight},
      {"mlp.up", {shards, tokens, ffn}, kForwardToInput},
      {"mlp.activation", {shards, tokens, ffn}, kForwardToWeight},
      {"mlp.down.gradient", whole, kInputToWeight},
      {"mlp.up.gradient", {shards, tokens, ffn}, kInputToWeight},
      {"mlp_norm.gradient", whole, kInputToWeight},
      {"attention.output.gradient", whole, kInputToWeight},
      {"attention.qkv.gradient", {shards, tokens, 3 * inner}, kInputToWeight},
      {"attention_norm.gradient", whole, kInputToWeight},
  };
}

std::vector<ActivationSpec> head_activations(const Model& model, const ActivationShape& shape) {
  const std::int64_t tokens = shape.tokens(model);
  const std::vector<std::int64_t> whole = {tokens, model.hidden};
  using enum Lifetime;
  return {
      {"input", whole, kForwardToWeight},        {"norm.mean", {tokens}, kForwardToWeight},
      {"norm.rstd", {tokens}, kForwardToWeight}, {"norm.output", whole, kForwardToWeight},
      {"lse", {tokens}, kForwardToWeight},       {"norm.gradient", whole, kInputToWeight},
  };
}

}  // namespace

std::vector<ActivationSpec> activations_of(const Model& model, const Block& block, const ActivationShape& shape) {
  switch (block.kind) {
    case BlockKind::kEmbedding:
      return {{"gradient", {shape.tokens(model), model.hidden}, Lifetime::kInputToWeight}};
    case BlockKind::kLayer:
      return layer_activations(model, shape);
    case BlockKind::kHead:
      return head_activations(model, shape);
  }
  return {};
}

std::int64_t elements(const ActivationSpec& activation) {
  return std::accumulate(activation.shape.begin(), activation.shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t vocabulary_width(const Model& model, std::int64_t tensor_shards) {
  return (model.vocab + tensor_shards - 1) / tensor_shards;
}

}  // namespace triaxis
