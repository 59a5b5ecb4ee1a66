// Hugging Face's layout of a model as a table. Import and export walk the same rows; a new family is a table of its own
// and its config.json, with no code beyond that.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "spec/model.h"
#include "spec/parameter.h"

namespace triaxis {

/// One tensor of theirs, or one a layer where "{}" in its names stands for the layer's number.
struct HuggingFaceRow {
  std::string_view name;  ///< theirs
  /// Ours, which lie in it one after the other along the first dimension as we count it; empty names are none.
  std::array<std::string_view, 3> parameters;
  bool transposed = false;  ///< theirs is [in, out], as GPT-2's Conv1D has it
};

struct HuggingFaceFamily {
  std::string_view name;    ///< model.family, and model_type in config.json
  std::string_view prefix;  ///< of all names but the head's; a file of the model without its head has none
  std::span<const HuggingFaceRow> rows;
  std::span<const std::string_view> ignored;  ///< tensors that are no parameters
  /// The model that a config.json describes. Throws UserError, starting with the file's name, for whatever would
  /// compute something else here.
  Model (*model_of)(const JsonObject& config);
  /// The inverse, without what every family has.
  nlohmann::ordered_json (*config_of)(const Model& model);
};

/// Throws UserError, starting with `where`, for a family that has no table.
const HuggingFaceFamily& huggingface_family(std::string_view name, std::string_view where);

/// A row of the table for one model, its names and shapes filled in.
struct HuggingFaceTensor {
  std::string name;                 ///< with the prefix
  std::vector<std::int64_t> shape;  ///< theirs
  std::vector<ParameterSpec> parameters;
  bool transposed = false;
  std::string tied_to;  ///< theirs: it may be left out, and else equals this tensor
};

/// Every tensor of a model, in the table's order. Holds that each parameter is in one of them.
std::vector<HuggingFaceTensor> huggingface_tensors(const HuggingFaceFamily& family, const Model& model);

/// RETURNS: `pattern` with `layer` in the place of "{}".
std::string with_layer(std::string_view pattern, std::int64_t layer);

const HuggingFaceFamily& gpt2_family();

}  // namespace triaxis
