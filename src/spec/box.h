// Rectangles of global tensors: what a rank holds of a parameter, and what a file holds of it.
#pragma once

#include <cstdint>
#include <vector>

#include "spec/parameter.h"

namespace triaxis {

/// Rows [first_row, last_row) and columns [first_column, last_column) of a global tensor. A vector is one column.
struct Box {
  std::int64_t first_row = 0;
  std::int64_t last_row = 0;
  std::int64_t first_column = 0;
  std::int64_t last_column = 0;

  std::int64_t rows() const { return last_row - first_row; }
  std::int64_t columns() const { return last_column - first_column; }
  std::int64_t elements() const { return rows() * columns(); }
  bool empty() const { return rows() <= 0 || columns() <= 0; }
  bool contains(const Box& other) const;
  bool operator==(const Box&) const = default;
};

/// RETURNS: the part that both have, empty() if there is none.
Box intersection(const Box& a, const Box& b);

/// The box cut into bands of whole rows, in order, each of at most `most_elements` elements or of one row: for moving a
/// tensor in bounded memory.
std::vector<Box> row_bands(const Box& box, std::int64_t most_elements);

/// All of a tensor of this global shape, of one or two dimensions.
Box whole(const std::vector<std::int64_t>& shape);

/// What logical shards [first, first + local) of `tensor_shards` hold of a parameter, padding left out: all of it if it
/// is replicated, and nothing (empty()) where the vocabulary has ended before the first shard.
Box box_of_shards(const ParameterSpec& parameter, std::int64_t tensor_shards, std::int64_t first, std::int64_t local);

}  // namespace triaxis
