#include "checkpoint/state_digest.h"

#include <algorithm>
#include <vector>

#include "base/hash.h"
#include "checkpoint/rewrite.h"

namespace triaxis {
namespace {

void add_tensor(CheckpointReader& reader, const StoredTensor& tensor, Form form, Hasher& hasher) {
  const std::string name = stored_name(tensor.name, form);
  hasher.update(std::as_bytes(std::span(name.c_str(), name.size() + 1)));
  const std::uint64_t dimensions = tensor.shape.size();
  hasher.update(std::as_bytes(std::span(&dimensions, 1)));
  hasher.update(std::as_bytes(std::span(tensor.shape)));
  std::vector<float> values;
  for (const Box& part : row_bands(whole(tensor.shape), kBandElements)) {
    values.resize(static_cast<std::size_t>(part.elements()));
    reader.read(tensor.name, form, part, values);
    hasher.update(std::as_bytes(std::span(values)));
  }
}

}  // namespace

std::string state_digest(CheckpointReader& reader) {
  std::vector<const StoredTensor*> tensors;
  for (const StoredTensor& tensor : reader.index().tensors) tensors.push_back(&tensor);
  std::sort(tensors.begin(), tensors.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  Hasher hasher;
  for (const StoredTensor* tensor : tensors)
    for (const Form form : {Form::kWeight, Form::kMoment1, Form::kMoment2}) add_tensor(reader, *tensor, form, hasher);
  return hasher.hex();
}

}  // namespace triaxis
