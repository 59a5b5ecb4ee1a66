#include "parameters/store.h"

#include <algorithm>

#include "base/error.h"
#include "base/philox.h"
#include "parameters/unit_plan.h"

namespace triaxis {
namespace {

// Gradients of a stage are one tensor, so every unit's part of it is aligned by hand.
constexpr std::int64_t kFlatAlignment = 16;

std::int64_t flat_elements(const StorePlan& plan) {
  std::int64_t total = 0;
  for (const UnitPlan& unit : plan.units)
    total += (unit.elements() + kFlatAlignment - 1) / kFlatAlignment * kFlatAlignment;
  return total;
}

View flat_part(const View& flat, std::int64_t offset, const UnitPlan& unit) {
  auto* const start = static_cast<std::byte*>(flat.data) + static_cast<std::size_t>(offset) * size_of(flat.dtype);
  return {start, flat.dtype, std::span<const std::int64_t>(unit.shape)};
}

}  // namespace

StoreFootprint ParameterStore::footprint(const Model& model, std::span<const Block> blocks, const TensorSlice& slice,
                                         std::int64_t groups, DType dtype) {
  const StorePlan plan = plan_store(model, blocks, slice);
  StoreFootprint bytes;
  for (const UnitPlan& unit : plan.units) {
    if (unit.weight_of >= 0) continue;
    bytes.parameters += Arena::footprint(dtype, unit.elements());
    if (groups > 0) bytes.optimizer += 2 * Arena::footprint(dtype, unit.elements());
  }
  bytes.gradients = Arena::footprint(dtype, groups * flat_elements(plan));
  return bytes;
}

ParameterStore::ParameterStore(const Model& model, std::span<const Block> blocks, const TensorSlice& slice,
                               std::int64_t groups, DType dtype, MemoryLedger& ledger)
    : slice_(slice),
      groups_(groups),
      parameters_(ledger, Category::kParameters, footprint(model, blocks, slice, groups, dtype).parameters),
      gradients_(ledger, Category::kGradients, footprint(model, blocks, slice, groups, dtype).gradients),
      optimizer_(ledger, Category::kOptimizer, footprint(model, blocks, slice, groups, dtype).optimizer) {
  StorePlan plan = plan_store(model, blocks, slice);
  entries_ = std::move(plan.entries);
  flat_gradients_ = gradients_.allocate(dtype, {groups, flat_elements(plan)});
  std::int64_t offset = 0;
  for (const UnitPlan& planned : plan.units) {
    Unit& unit = units_.emplace_back();
    unit.name = planned.name;
    unit.weight_of = planned.weight_of;
    if (planned.weight_of >= 0) {
      unit.weight = units_[static_cast<std::size_t>(planned.weight_of)].weight;
    } else {
      unit.weight = parameters_.allocate(dtype, planned.shape);
    }
    if (planned.weight_of < 0 && groups > 0) {
      unit.moment1 = optimizer_.allocate(dtype, planned.shape);
      unit.moment2 = optimizer_.allocate(dtype, planned.shape);
    }
    for (std::int64_t group = 0; group < groups; ++group)
      unit.gradients.push_back(flat_part(flat_gradients_[group], offset, planned));
    offset += (planned.elements() + kFlatAlignment - 1) / kFlatAlignment * kFlatAlignment;
  }
}

int ParameterStore::unit(std::string_view name) const {
  const auto found = std::find_if(units_.begin(), units_.end(), [&](const Unit& u) { return u.name == name; });
  // The message only when it is needed: a step may not allocate.
  if (found == units_.end()) check(false, "no such parameter on this stage: " + std::string(name));
  return static_cast<int>(found - units_.begin());
}

std::int64_t ParameterStore::local_shards(const Entry& entry) const {
  return entry.spec.tensor.kind == SpreadKind::kSharded ? slice_.local : 1;
}

std::int64_t ParameterStore::first_shard(const Entry& entry) const {
  return entry.spec.tensor.kind == SpreadKind::kSharded ? slice_.first : 0;
}

View ParameterStore::block(const Entry& entry, const View& unit_tensor, std::int64_t local_shard) const {
  const bool is_sharded = entry.spec.tensor.kind == SpreadKind::kSharded;
  const View whole = is_sharded ? unit_tensor[local_shard] : unit_tensor;
  return whole.rows(entry.first_row, entry.rows);
}

void ParameterStore::initialise(Stream& stream, const Kernels& kernels, std::uint64_t seed) {
  for (const Entry& entry : entries_) {
    const Unit& unit = units_[static_cast<std::size_t>(entry.unit)];
    if (unit.weight_of >= 0) continue;
    const ParameterSpec& spec = entry.spec;
    // A tied end starts as the parameter that it is an end of.
    const RandomKey key = random_key(seed, 0, site_hash(spec.tied_to.empty() ? spec.name : spec.tied_to));
    for (std::int64_t s = 0; s < local_shards(entry); ++s) {
      View weight = block(entry, unit.weight, s);
      const ShardRange range = shard_range(spec, slice_.shards, first_shard(entry) + s);
      BlockOrigin origin{0, 0, spec.shape.size() > 1 ? spec.shape[1] : 1};
      if (spec.tensor.kind == SpreadKind::kSharded)
        (spec.tensor.dim == 0 ? origin.first_row : origin.first_column) = range.first;
      if (spec.vocabulary) weight = weight.rows(0, range.last - range.first);
      if (weight.size() == 0) continue;
      if (spec.initial == Initial::kOnes) kernels.fill(stream, weight, 1.0);
      if (spec.initial == Initial::kNormal) kernels.fill_normal(stream, weight, key, spec.deviation, origin);
    }
  }
}

void ParameterStore::zero_gradients(Stream& stream, const Kernels& kernels) {
  kernels.fill(stream, flat_gradients_, 0.0);
}

}  // namespace triaxis
