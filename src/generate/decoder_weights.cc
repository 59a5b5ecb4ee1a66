#include "generate/decoder_weights.h"

#include "base/error.h"

namespace triaxis {

DecoderWeights decoder_weights(const Model& model, const ParameterStore& store) {
  check(store.slice().local == store.slice().shards, "a decoder has all shards of its model");
  const auto weight = [&](const std::string& name) {
    return store.units()[static_cast<std::size_t>(store.unit(name))].weight;
  };
  const auto both = [&](const std::string& name) {
    return WeightAndBias{weight(name + ".weight"), weight(name + ".bias")};
  };
  DecoderWeights weights;
  weights.token = weight("embedding.token.weight");
  weights.position = weight("embedding.position.weight");
  for (std::int64_t l = 0; l < model.layers; ++l) {
    const std::string layer = name_of({BlockKind::kLayer, l});
    weights.layers.push_back({both(layer + ".attention_norm"), both(layer + ".attention.qkv"),
                              both(layer + ".attention.output"), both(layer + ".mlp_norm"), both(layer + ".mlp.up"),
                              both(layer + ".mlp.down")});
  }
  weights.norm = both("head.norm");
  weights.head = weight("head.weight");
  return weights;
}

}  // namespace triaxis
