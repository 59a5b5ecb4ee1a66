// Moving parts of tensors to memory of the host and back, for what is saved and loaded.
#pragma once

#include <cstdint>

#include "tensor/stream.h"
#include "tensor/view.h"

namespace triaxis {

/// `rows` x `columns` elements of a matrix (a vector is one column), from (first_row, first_column).
struct Patch {
  std::int64_t first_row = 0;
  std::int64_t first_column = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// Copies a patch of `x` [rows, columns] or [rows] f32 to host memory, where one row starts `stride` elements after the
/// other. On the stream; on a CPU with all its threads.
void copy_to_host(Stream& stream, const View& x, const Patch& patch, float* values, std::int64_t stride);

/// The inverse.
void copy_from_host(Stream& stream, const View& x, const Patch& patch, const float* values, std::int64_t stride);

}  // namespace triaxis
