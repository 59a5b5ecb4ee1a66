#include "checkpoint/snapshot.h"

#include <algorithm>

#include "base/error.h"
#include "checkpoint/reader.h"
#include "checkpoint/restore.h"

namespace triaxis {
namespace {

std::int64_t elements_of(std::span<const OwnedSlice> slices) {
  std::int64_t sum = 0;
  for (const OwnedSlice& slice : slices) sum += slice.box.elements();
  return sum;
}

}  // namespace

std::size_t Snapshot::footprint(std::span<const OwnedSlice> slices) {
  return Arena::footprint(DType::kF32, kForms * elements_of(slices));
}

Snapshot::Snapshot(std::span<const ParameterStore* const> stores, std::vector<OwnedSlice> slices, MemoryLedger& ledger)
    : elements_(elements_of(slices)), arena_(ledger, Category::kWorkspace, footprint(slices)) {
  if (elements_ > 0) memory_ = arena_.allocate(DType::kF32, {kForms, elements_});
  std::int64_t offset = 0;
  for (OwnedSlice& slice : slices) {
    Part part{.store = nullptr, .entry = nullptr, .slice = std::move(slice), .offset = offset};
    for (const ParameterStore* store : stores) {
      for (const Entry& entry : store->entries()) {
        if (entry.spec.name != part.slice.name) continue;
        part.store = store;
        part.entry = &entry;
      }
    }
    check(part.entry != nullptr && box_here(*part.store, *part.entry).contains(part.slice.box),
          "a rank saves what it holds");
    offset += part.slice.box.elements();
    parts_.push_back(std::move(part));
  }
}

void Snapshot::take(Stream& stream) {
  for (int form = 0; form < kForms; ++form) {
    for (const Part& part : parts_) {
      const Unit& unit = part.store->units()[static_cast<std::size_t>(part.entry->unit)];
      float* const values = memory_[form].as<float>() + part.offset;
      copy_out(stream, *part.store, *part.entry, tensor_of(unit, static_cast<Form>(form)), part.slice.box,
               {values, static_cast<std::size_t>(part.slice.box.elements())});
    }
  }
}

std::vector<ShardTensor> Snapshot::tensors() const {
  std::vector<ShardTensor> list;
  for (int form = 0; form < kForms; ++form) {
    for (const Part& part : parts_) {
      list.push_back({stored_name(part.slice.name, static_cast<Form>(form)),
                      slice_shape(part.slice.shape.size(), part.slice.box)});
    }
  }
  return list;
}

void Snapshot::write(ShardFileWriter& file) const {
  if (elements_ > 0) file.append({memory_.as<float>(), static_cast<std::size_t>(memory_.size())});
}

}  // namespace triaxis
