// Hands a block its saved tensors by the names that spec/activation gives them.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "spec/activation.h"
#include "tensor/view.h"

namespace triaxis {

/// The rows that live from the forward on, or those that live from the input gradient on.
enum class SavedPart : std::uint8_t { kForward, kGradient };
std::vector<ActivationSpec> part_of(const std::vector<ActivationSpec>& rows, SavedPart part);

/// Bytes of one slot of these rows.
std::size_t saved_bytes(const std::vector<ActivationSpec>& rows, DType dtype);

/// One slot's tensors. Each must be taken once: a name that spec does not list, or one listed and never taken, is a
/// std::logic_error.
class SavedTensors {
 public:
  /// `memory` holds at least saved_bytes(rows, dtype).
  SavedTensors(std::vector<ActivationSpec> rows, const View& memory, DType dtype);
  View take(std::string_view name);
  void check_all_taken() const;

 private:
  std::vector<ActivationSpec> rows_;
  std::vector<View> views_;
  std::vector<bool> taken_;
};

}  // namespace triaxis
