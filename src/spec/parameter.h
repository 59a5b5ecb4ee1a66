// Every parameter of a model as a row: its global name and shape, how each axis cuts it, and how it starts.
// Initialisation, the store, gradient reduction, memory prediction and (later) checkpoints all read these rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/model.h"
#include "spec/spread.h"

namespace triaxis {

enum class Initial : std::uint8_t { kNormal, kZeros, kOnes };

struct ParameterSpec {
  std::string name;                 ///< global and unfused: "layers.3.attention.query.weight"
  std::vector<std::int64_t> shape;  ///< global; a matrix is [out, in]
  Spread tensor;                    ///< over the tensor axis; over the data axis every parameter is replicated
  Spread gradient;  ///< of its gradient over the tensor axis, as its layer leaves it: equal to `tensor`, or a reduction
                    ///< is due
  Initial initial = Initial::kNormal;
  double deviation = 0.0;  ///< of kNormal
  bool decay = false;      ///< weight decay: matrices and embeddings, not biases and norms
  bool vocabulary =
      false;            ///< its sharded dimension is the vocabulary, padded in local storage where it does not divide
  std::string pack;     ///< parameters of one pack lie side by side in each logical shard's storage; empty: alone
  std::string tied_to;  ///< the parameter that this one is another end of; it has no weight of its own
};

/// The rows of one block, in order. The head's tied matrix is the row "head.weight" with `tied_to` =
/// "embedding.token.weight".
std::vector<ParameterSpec> parameters_of(const Model& model, const Block& block);
/// The rows of the whole model, in order, tied ends included.
std::vector<ParameterSpec> parameters_of(const Model& model);

/// Parameters counted once: no padding, no second end of a tie.
std::int64_t parameter_count(const Model& model);
std::int64_t elements(const ParameterSpec& parameter);

/// The shape of one logical shard's block in storage. The vocabulary rounds up; every other cut dimension divides.
std::vector<std::int64_t> shard_shape(const ParameterSpec& parameter, std::int64_t tensor_shards);

/// The part of logical shard `shard` that is not padding: rows [first, last) or columns of the global tensor along the
/// cut dimension.
struct ShardRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
ShardRange shard_range(const ParameterSpec& parameter, std::int64_t tensor_shards, std::int64_t shard);

}  // namespace triaxis
