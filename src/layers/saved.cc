#include "layers/saved.h"

#include <algorithm>

#include "base/error.h"
#include "tensor/arena.h"

namespace triaxis {

std::vector<ActivationSpec> part_of(const std::vector<ActivationSpec>& rows, SavedPart part) {
  std::vector<ActivationSpec> chosen;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(chosen), [&](const ActivationSpec& row) {
    return (row.lifetime == Lifetime::kInputToWeight) == (part == SavedPart::kGradient);
  });
  return chosen;
}

std::size_t saved_bytes(const std::vector<ActivationSpec>& rows, DType dtype) {
  std::size_t bytes = 0;
  for (const ActivationSpec& row : rows) bytes += Arena::footprint(dtype, elements(row));
  return bytes;
}

SavedTensors::SavedTensors(std::vector<ActivationSpec> rows, const View& memory, DType dtype)
    : rows_(std::move(rows)), taken_(rows_.size(), false) {
  check(memory.bytes() >= saved_bytes(rows_, dtype), "a slot is too small for its saved tensors");
  auto* next = static_cast<std::byte*>(memory.data);
  for (const ActivationSpec& row : rows_) {
    views_.emplace_back(next, dtype, std::span<const std::int64_t>(row.shape));
    next += Arena::footprint(dtype, elements(row));
  }
}

View SavedTensors::take(std::string_view name) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].name != name) continue;
    check(!taken_[i], "a saved tensor is taken twice: " + rows_[i].name);
    taken_[i] = true;
    return views_[i];
  }
  check(false, "spec does not list the saved tensor " + std::string(name));
  return {};
}

void SavedTensors::check_all_taken() const {
  for (std::size_t i = 0; i < rows_.size(); ++i) check(taken_[i], "no layer takes the saved tensor " + rows_[i].name);
}

}  // namespace triaxis
