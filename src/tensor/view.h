// A tensor as others see it: where it is, its type and its shape. Always contiguous and row-major: whatever a layout
// splits is stored as contiguous blocks, so no leading dimension ever depends on the layout.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "tensor/dtype.h"

namespace triaxis {

/// A non-owning view of up to four dimensions. VALID UNTIL: its arena goes. An empty view has no data and size 0.
struct View {
  static constexpr int kMaxRank = 4;

  void* data = nullptr;
  DType dtype = DType::kF32;
  int rank = 0;
  std::array<std::int64_t, kMaxRank> shape{};

  View() = default;
  View(void* where, DType type, std::span<const std::int64_t> dimensions);
  View(void* where, DType type, std::initializer_list<std::int64_t> dimensions)
      : View(where, type, std::span<const std::int64_t>(dimensions.begin(), dimensions.size())) {}

  bool empty() const { return data == nullptr; }
  /// Elements; 0 if empty.
  std::int64_t size() const;
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(dtype); }
  /// Extent of dimension `i`; negative counts from the last.
  std::int64_t dim(int i) const { return shape[static_cast<std::size_t>(i < 0 ? i + rank : i)]; }

  /// Entry `i` of the first dimension: one dimension less.
  View operator[](std::int64_t i) const;
  /// `count` entries of the first dimension from `first`.
  View rows(std::int64_t first, std::int64_t count) const;
  /// The same elements under another shape. REQUIRES: the same number of elements.
  View reshape(std::initializer_list<std::int64_t> dimensions) const;

  /// The elements as `T`. REQUIRES: `dtype` is T's. Only for tensor/, comm/ and tests.
  template <typename T>
  T* as() const;
};

/// The shape as text, "[2, 128, 64] f32".
std::string describe(const View& view);

void check_dtype(const View& view, DType expected);

template <typename T>
T* View::as() const {
  check_dtype(*this, dtype_of<T>());
  return static_cast<T*>(data);
}

}  // namespace triaxis
