// Every tensor that a block saves for its backward, with its lifetime. The layers take their slots from these rows, the
// cost model counts them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/model.h"

namespace triaxis {

/// From which action of a microbatch until the end of which other a saved tensor lives.
enum class Lifetime : std::uint8_t { kForwardToInput, kForwardToWeight, kRecomputeToWeight, kInputToWeight };

struct ActivationSpec {
  std::string name;  ///< within its block: "attention.qkv"
  std::vector<std::int64_t>
      shape;  ///< on one rank: [local_shards, tokens, ...] where the tensor axis cuts it, else [tokens, ...]
  Lifetime lifetime = Lifetime::kForwardToWeight;
};

/// What the sizes of saved tensors depend on besides the model.
struct ActivationShape {
  std::int64_t batch = 1;          ///< sequences of a microbatch
  std::int64_t tensor_shards = 1;  ///< logical shards in all
  std::int64_t local_shards = 1;   ///< of them, on this rank

  std::int64_t tokens(const Model& model) const { return batch * model.seq_len; }
};

/// The saved tensors of one microbatch in one block. All float32 here.
std::vector<ActivationSpec> activations_of(const Model& model, const Block& block, const ActivationShape& shape);

std::int64_t elements(const ActivationSpec& activation);

/// Width of a logical shard of the vocabulary in storage.
std::int64_t vocabulary_width(const Model& model, std::int64_t tensor_shards);

}  // namespace triaxis
