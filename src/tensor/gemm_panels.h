// How a matrix product is cut. The shape of one logical product decides everything here, and nothing else does: neither
// threads nor the number of products may change a bit.
#pragma once

#include <cstdint>

namespace triaxis {

/// A dimension cut into pieces of `size`; the last one has between half and one and a half of it, so that no piece is
/// too thin for a matrix kernel.
struct Cut {
  std::int64_t extent = 0;
  std::int64_t size = 0;

  std::int64_t count() const { return extent < size ? 1 : (extent + size / 2) / size; }
  std::int64_t begin(std::int64_t piece) const { return piece * size; }
  std::int64_t length(std::int64_t piece) const { return piece + 1 < count() ? size : extent - begin(piece); }
};

/// One panel is a piece of m by a piece of n; its pieces of k are added one after the other.
struct Panels {
  Cut m;
  Cut n;
  Cut k;

  std::int64_t count() const { return m.count() * n.count(); }
};

/// Panels measured to run at the full rate of large products (docs/performance.md): what one of them reads fits into a
/// second-level cache, and there are enough of them to keep threads equally busy.
constexpr Panels panels_of(std::int64_t m, std::int64_t n, std::int64_t k) {
  return {.m = {m, 128}, .n = {n, 192}, .k = {k, 1024}};
}

}  // namespace triaxis
