#include "layers/slots.h"

#include <algorithm>

namespace triaxis {
namespace {

std::int64_t elements_of(std::size_t bytes, DType dtype) { return static_cast<std::int64_t>(bytes / size_of(dtype)); }

/// Bytes of the one gradient memory that all blocks share where every backward is a full one.
std::size_t shared_gradient_bytes(const Model& model, std::span<const Block> blocks, const ActivationShape& shape,
                                  DType dtype) {
  std::size_t most = 0;
  for (const Block& block : blocks) {
    most = std::max(most, saved_bytes(part_of(activations_of(model, block, shape), SavedPart::kGradient), dtype));
  }
  return most;
}

}  // namespace

std::size_t SlotMemory::footprint(const Model& model, std::span<const Block> blocks, const ActivationShape& shape,
                                  const SlotCounts& counts, DType dtype) {
  std::size_t bytes = counts.gradient == 0 ? shared_gradient_bytes(model, blocks, shape, dtype) : 0;
  for (const Block& block : blocks) {
    const std::vector<ActivationSpec> rows = activations_of(model, block, shape);
    bytes += static_cast<std::size_t>(counts.saved) * saved_bytes(part_of(rows, SavedPart::kForward), dtype);
    bytes += static_cast<std::size_t>(counts.gradient) * saved_bytes(part_of(rows, SavedPart::kGradient), dtype);
  }
  return bytes;
}

SlotMemory::SlotMemory(const Model& model, std::span<const Block> blocks, const ActivationShape& shape,
                       const SlotCounts& counts, DType dtype, MemoryLedger& ledger)
    : arena_(ledger, Category::kActivations, footprint(model, blocks, shape, counts, dtype)) {
  View shared;
  if (counts.gradient == 0) {
    shared = arena_.allocate(dtype, {elements_of(shared_gradient_bytes(model, blocks, shape, dtype), dtype)});
  }
  for (const Block& block : blocks) {
    const std::vector<ActivationSpec> rows = activations_of(model, block, shape);
    BlockSlots& slots = slots_.emplace_back();
    slots.forward_rows = part_of(rows, SavedPart::kForward);
    slots.gradient_rows = part_of(rows, SavedPart::kGradient);
    const std::int64_t forward = elements_of(saved_bytes(slots.forward_rows, dtype), dtype);
    const std::int64_t gradient = elements_of(saved_bytes(slots.gradient_rows, dtype), dtype);
    for (int i = 0; i < counts.saved; ++i) slots.saved.push_back(arena_.allocate(dtype, {forward}));
    for (int i = 0; i < counts.gradient; ++i) slots.gradient.push_back(arena_.allocate(dtype, {gradient}));
    if (counts.gradient == 0) slots.gradient.push_back(shared);
  }
}

}  // namespace triaxis
