// The gradients' norms, with the same bits in every layout: one sum of squares for each (parameter, logical shard), all
// added in one order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spec/parameter.h"

namespace triaxis {

/// Where the sum of squares of each parameter's logical shard stands in one list: by parameter in the model's order,
/// then by shard. A replicated parameter has one entry; another end of a tie has none, its gradient being part of the
/// first end's. Each entry comes from one rank, so filling the list needs no sum that a layout could split.
class NormTable {
 public:
  /// `rows` are all the model's, as parameters_of gives them.
  NormTable(std::span<const ParameterSpec> rows, std::int64_t tensor_shards);

  std::size_t size() const { return first_.back(); }
  /// The entry of a shard of rows[parameter]. REQUIRES: the parameter has it.
  std::size_t entry(std::size_t parameter, std::int64_t shard) const;

  /// The norm of all gradients. `sums` is the whole list.
  double global_norm(std::span<const double> sums) const;

 private:
  std::vector<std::size_t> first_;  ///< the first entry of each parameter, and the end
};

}  // namespace triaxis
