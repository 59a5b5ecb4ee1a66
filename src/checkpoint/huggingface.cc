#include "checkpoint/huggingface.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace triaxis {
namespace {

bool is_of_layer(const HuggingFaceRow& row) { return row.name.find("{}") != std::string_view::npos; }

std::vector<std::int64_t> shape_of(const HuggingFaceTensor& tensor) {
  std::vector<std::int64_t> shape = tensor.parameters.front().shape;
  for (std::size_t i = 1; i < tensor.parameters.size(); ++i) shape[0] += tensor.parameters[i].shape[0];
  if (tensor.transposed) std::swap(shape[0], shape[1]);
  return shape;
}

/// Fills rows in, and takes out of `left` the parameters that they name.
class Filler {
 public:
  explicit Filler(const Model& model) {
    for (ParameterSpec& parameter : parameters_of(model)) left_.emplace(parameter.name, std::move(parameter));
  }

  void add(const HuggingFaceRow& row, std::int64_t layer) {
    HuggingFaceTensor tensor;
    tensor.name = with_layer(row.name, layer);
    tensor.transposed = row.transposed;
    for (const std::string_view pattern : row.parameters) {
      if (pattern.empty()) continue;
      auto parameter = left_.extract(with_layer(pattern, layer));
      check(!parameter.empty(), fmt::format("{} names parameters that are left", tensor.name));
      tensor.parameters.push_back(std::move(parameter.mapped()));
    }
    tensor.shape = shape_of(tensor);
    const std::string& tie = tensor.parameters.front().tied_to;
    if (!tie.empty()) tensor.tied_to = holder_.at(tie);
    for (const ParameterSpec& parameter : tensor.parameters) holder_.emplace(parameter.name, tensor.name);
    tensors_.push_back(std::move(tensor));
  }

  std::vector<HuggingFaceTensor> take() {
    check(left_.empty(), "the table of a family has every parameter");
    return std::move(tensors_);
  }

 private:
  std::map<std::string, ParameterSpec> left_;
  std::map<std::string, std::string> holder_;  // of each parameter so far, the tensor that it is in
  std::vector<HuggingFaceTensor> tensors_;
};

}  // namespace

std::string with_layer(std::string_view pattern, std::int64_t layer) {
  const std::size_t at = pattern.find("{}");
  if (at == std::string_view::npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, at), layer, pattern.substr(at + 2));
}

const HuggingFaceFamily& huggingface_family(std::string_view name, std::string_view where) {
  if (name != gpt2_family().name)
    throw UserError(fmt::format("{}: models of type {} are not exchanged yet; gpt2 is", where, json_quoted(name)));
  return gpt2_family();
}

std::vector<HuggingFaceTensor> huggingface_tensors(const HuggingFaceFamily& family, const Model& model) {
  Filler filler(model);
  bool layers_are_in = false;
  for (const HuggingFaceRow& row : family.rows) {
    if (!is_of_layer(row)) {
      filler.add(row, 0);
      continue;
    }
    if (layers_are_in) continue;
    layers_are_in = true;
    for (std::int64_t layer = 0; layer < model.layers; ++layer)
      for (const HuggingFaceRow& of_layer : family.rows)
        if (is_of_layer(of_layer)) filler.add(of_layer, layer);
  }
  return filler.take();
}

}  // namespace triaxis
