#include "optim/norm.h"

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

double root_of_sum(std::span<const double> sums) { return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0)); }

}  // namespace

NormTable::NormTable(std::span<const ParameterSpec> rows, std::int64_t tensor_shards) : first_(1, 0) {
  for (const ParameterSpec& row : rows) {
    const bool cut = row.tensor.kind == SpreadKind::kSharded;
    const std::int64_t entries = !row.tied_to.empty() ? 0 : cut ? tensor_shards : 1;
    first_.push_back(first_.back() + static_cast<std::size_t>(entries));
  }
}

std::size_t NormTable::entry(std::size_t parameter, std::int64_t shard) const {
  check(parameter + 1 < first_.size(), "no such parameter");
  const std::size_t result = first_[parameter] + static_cast<std::size_t>(shard);
  check(shard >= 0 && result < first_[parameter + 1], "the parameter has no such shard");
  return result;
}

double NormTable::global_norm(std::span<const double> sums) const {
  check(sums.size() == size(), "one sum for every entry");
  return root_of_sum(sums);
}

}  // namespace triaxis
