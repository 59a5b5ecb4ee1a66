#include "tensor/host_copy.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::int64_t kTask = 1 << 16;  // elements that one thread copies at once

/// Calls copy(offset in the tensor, offset in the host's memory, count) for stretches of a patch, on any thread.
template <typename Copy>
void for_each_stretch(Stream& stream, const View& x, const Patch& patch, std::int64_t stride, Copy&& copy) {
  const std::int64_t width = x.rank == 1 ? 1 : x.dim(1);
  check(x.rank <= 2 && patch.first_row + patch.rows <= x.dim(0) && patch.first_column + patch.columns <= width,
        "a patch lies inside its tensor");
  const std::int64_t first = patch.first_row * width + patch.first_column;
  if (patch.columns == width && stride == width) {
    const std::int64_t all = patch.rows * width;
    stream.parallel_for((all + kTask - 1) / kTask, [&](std::int64_t task, int) {
      copy(first + task * kTask, task * kTask, std::min(kTask, all - task * kTask));
    });
    return;
  }
  const std::int64_t rows = std::max<std::int64_t>(1, kTask / std::max<std::int64_t>(1, patch.columns));
  stream.parallel_for((patch.rows + rows - 1) / rows, [&](std::int64_t task, int) {
    const std::int64_t end = std::min(patch.rows, (task + 1) * rows);
    for (std::int64_t row = task * rows; row < end; ++row) copy(first + row * width, row * stride, patch.columns);
  });
}

}  // namespace

void copy_to_host(Stream& stream, const View& x, const Patch& patch, float* values, std::int64_t stride) {
  const float* const tensor = x.as<float>();
  for_each_stretch(stream, x, patch, stride, [&](std::int64_t from, std::int64_t to, std::int64_t count) {
    std::memcpy(values + to, tensor + from, static_cast<std::size_t>(count) * sizeof(float));
  });
}

void copy_from_host(Stream& stream, const View& x, const Patch& patch, const float* values, std::int64_t stride) {
  float* const tensor = x.as<float>();
  for_each_stretch(stream, x, patch, stride, [&](std::int64_t to, std::int64_t from, std::int64_t count) {
    std::memcpy(tensor + to, values + from, static_cast<std::size_t>(count) * sizeof(float));
  });
}

}  // namespace triaxis
