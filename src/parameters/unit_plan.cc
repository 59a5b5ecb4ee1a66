#include "parameters/unit_plan.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

int find_unit(const StorePlan& plan, std::string_view name) {
  const auto found =
      std::find_if(plan.units.begin(), plan.units.end(), [&](const UnitPlan& u) { return u.name == name; });
  return found == plan.units.end() ? -1 : static_cast<int>(found - plan.units.begin());
}

void add_parameter(StorePlan& plan, const ParameterSpec& row, const TensorSlice& slice) {
  const std::vector<std::int64_t> shape = shard_shape(row, slice.shards);
  const std::string& name = row.pack.empty() ? row.name : row.pack;
  const bool sharded = row.tensor.kind == SpreadKind::kSharded;
  int unit = row.pack.empty() ? -1 : find_unit(plan, name);
  std::int64_t first_row = 0;
  if (unit < 0) {
    unit = static_cast<int>(plan.units.size());
    UnitPlan& added = plan.units.emplace_back();
    added.name = name;
    added.sharded = sharded;
    if (sharded) added.shape.push_back(slice.local);
    added.shape.insert(added.shape.end(), shape.begin(), shape.end());
    added.weight_of = row.tied_to.empty() ? -1 : find_unit(plan, row.tied_to);
  } else {
    check(sharded, "only sharded parameters are packed");
    std::int64_t& rows = plan.units[static_cast<std::size_t>(unit)].shape[1];
    first_row = rows;
    rows += shape.front();
  }
  plan.entries.push_back({row, unit, first_row, shape.front()});
}

}  // namespace

std::int64_t UnitPlan::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

StorePlan plan_store(const Model& model, std::span<const Block> blocks, const TensorSlice& slice) {
  StorePlan plan;
  for (const Block& block : blocks) {
    for (const ParameterSpec& row : parameters_of(model, block)) add_parameter(plan, row, slice);
  }
  return plan;
}

}  // namespace triaxis
