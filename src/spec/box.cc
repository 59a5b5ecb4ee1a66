#include "spec/box.h"

#include <algorithm>

#include "base/error.h"

namespace triaxis {

bool Box::contains(const Box& other) const { return intersection(*this, other) == other; }

Box intersection(const Box& a, const Box& b) {
  return {std::max(a.first_row, b.first_row), std::min(a.last_row, b.last_row),
          std::max(a.first_column, b.first_column), std::min(a.last_column, b.last_column)};
}

std::vector<Box> row_bands(const Box& box, std::int64_t most_elements) {
  std::vector<Box> bands;
  if (box.empty()) return bands;
  const std::int64_t rows = std::max<std::int64_t>(1, most_elements / box.columns());
  for (Box band = box; band.first_row < box.last_row; band.first_row += rows) {
    band.last_row = std::min(box.last_row, band.first_row + rows);
    bands.push_back(band);
  }
  return bands;
}

Box whole(const std::vector<std::int64_t>& shape) {
  check(shape.size() == 1 || shape.size() == 2, "a tensor has one dimension or two");
  return {0, shape[0], 0, shape.size() == 2 ? shape[1] : 1};
}

Box box_of_shards(const ParameterSpec& parameter, std::int64_t tensor_shards, std::int64_t first, std::int64_t local) {
  Box box = whole(parameter.shape);
  if (parameter.tensor.kind != SpreadKind::kSharded) return box;
  const std::int64_t start = shard_range(parameter, tensor_shards, first).first;
  const std::int64_t end = shard_range(parameter, tensor_shards, first + local - 1).last;
  (parameter.tensor.dim == 0 ? box.first_row : box.first_column) = start;
  (parameter.tensor.dim == 0 ? box.last_row : box.last_column) = end;
  return box;
}

}  // namespace triaxis
