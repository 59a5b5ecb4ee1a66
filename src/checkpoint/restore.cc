#include "checkpoint/restore.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "tensor/host_copy.h"

namespace triaxis {
namespace {

constexpr std::int64_t kBand = 1 << 20;  // floats read at once

/// What one logical shard holds of a parameter; empty in the padding of a vocabulary.
Box box_of_shard(const ParameterStore& store, const Entry& entry, std::int64_t local_shard) {
  return box_of_shards(entry.spec, store.slice().shards, store.first_shard(entry) + local_shard, 1);
}

/// Calls copy(block, patch, offset in the box) for the common part of a box and each block that is here.
template <typename Copy>
void for_each_block(const ParameterStore& store, const Entry& entry, const View& unit_tensor, const Box& box,
                    Copy&& copy) {
  for (std::int64_t s = 0; s < store.local_shards(entry); ++s) {
    const Box shard = box_of_shard(store, entry, s);
    const Box common = intersection(shard, box);
    if (common.empty()) continue;
    copy(store.block(entry, unit_tensor, s),
         Patch{common.first_row - shard.first_row, common.first_column - shard.first_column, common.rows(),
               common.columns()},
         (common.first_row - box.first_row) * box.columns() + common.first_column - box.first_column);
  }
}

void fill(const ParameterStore& store, const Entry& entry, const View& unit_tensor, Form form, CheckpointReader& reader,
          Stream& stream, std::vector<float>& buffer) {
  const std::string& name = entry.spec.tied_to.empty() ? entry.spec.name : entry.spec.tied_to;
  if (const auto& shape = reader.tensor(name).shape; shape != entry.spec.shape) {
    throw UserError(fmt::format("{}: {} has the shape [{}], but the model's is [{}]", reader.directory().string(), name,
                                fmt::join(shape, ", "), fmt::join(entry.spec.shape, ", ")));
  }
  for (const Box& band : row_bands(box_here(store, entry), kBand)) {
    buffer.resize(static_cast<std::size_t>(band.elements()));
    reader.read(name, form, band, buffer);
    copy_in(stream, store, entry, unit_tensor, band, buffer);
  }
}

}  // namespace

const View& tensor_of(const Unit& unit, Form form) {
  if (form == Form::kWeight) return unit.weight;
  return form == Form::kMoment1 ? unit.moment1 : unit.moment2;
}

Box box_here(const ParameterStore& store, const Entry& entry) {
  return box_of_shards(entry.spec, store.slice().shards, store.slice().first, store.slice().local);
}

void copy_out(Stream& stream, const ParameterStore& store, const Entry& entry, const View& unit_tensor, const Box& box,
              std::span<float> values) {
  for_each_block(store, entry, unit_tensor, box, [&](const View& block, const Patch& patch, std::int64_t offset) {
    copy_to_host(stream, block, patch, values.data() + offset, box.columns());
  });
}

void copy_in(Stream& stream, const ParameterStore& store, const Entry& entry, const View& unit_tensor, const Box& box,
             std::span<const float> values) {
  for_each_block(store, entry, unit_tensor, box, [&](const View& block, const Patch& patch, std::int64_t offset) {
    copy_from_host(stream, block, patch, values.data() + offset, box.columns());
  });
}

void restore(ParameterStore& store, CheckpointReader& reader, Stream& stream, bool with_moments) {
  std::vector<float> buffer;
  for (int number = 0; number < (with_moments ? kForms : 1); ++number) {
    const auto form = static_cast<Form>(number);
    for (const Entry& entry : store.entries()) {
      const Unit& unit = store.units()[static_cast<std::size_t>(entry.unit)];
      if (unit.weight_of >= 0) continue;
      fill(store, entry, tensor_of(unit, form), form, reader, stream, buffer);
    }
  }
}

}  // namespace triaxis
