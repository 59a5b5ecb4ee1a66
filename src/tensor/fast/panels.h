// How kernels are cut into tasks: by the shape alone, never by the number of threads.
#pragma once

#include <algorithm>

#include "tensor/stream.h"

namespace triaxis::fast {

/// Elements in a block of an elementwise kernel.
constexpr std::int64_t kElementBlock = 16384;

/// Rows in a panel of a kernel that works row by row.
constexpr std::int64_t kRowPanel = 32;

/// Columns in a panel of a kernel that sums columns: as many as fit the registers.
constexpr std::int64_t kColumnPanel = 64;

constexpr std::int64_t panels(std::int64_t total, std::int64_t size) { return (total + size - 1) / size; }

/// Calls body(first, count) for the panels of [0, total), `size` long but for the last.
template <typename Body>
void for_panels(Stream& stream, std::int64_t total, std::int64_t size, Body&& body) {
  stream.parallel_for(panels(total, size),
                      [&](std::int64_t i, int) { body(i * size, std::min(size, total - i * size)); });
}

}  // namespace triaxis::fast
