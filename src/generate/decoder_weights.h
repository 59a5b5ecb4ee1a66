// A whole model's weights, found once by name.
#pragma once

#include <string>
#include <vector>

#include "parameters/store.h"
#include "spec/model.h"

namespace triaxis {

struct WeightAndBias {
  View weight, bias;
};

struct DecoderLayerWeights {
  WeightAndBias attention_norm, qkv, output, mlp_norm, up, down;
};

struct DecoderWeights {
  View token, position;
  std::vector<DecoderLayerWeights> layers;
  WeightAndBias norm;
  View head;
};

/// REQUIRES: the store holds every block and every shard of the model. VALID UNTIL: the store goes.
DecoderWeights decoder_weights(const Model& model, const ParameterStore& store);

}  // namespace triaxis
