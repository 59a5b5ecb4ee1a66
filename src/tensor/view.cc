#include "tensor/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace triaxis {

View::View(void* where, DType type, std::span<const std::int64_t> dimensions)
    : data(where), dtype(type), rank(static_cast<int>(dimensions.size())) {
  check(dimensions.size() <= kMaxRank, "a view has at most four dimensions");
  check(std::ranges::all_of(dimensions, [](std::int64_t d) { return d >= 0; }), "a dimension is negative");
  std::ranges::copy(dimensions, shape.begin());
}

std::int64_t View::size() const {
  if (empty()) return 0;
  return std::accumulate(shape.begin(), shape.begin() + rank, std::int64_t{1}, std::multiplies<>());
}

View View::operator[](std::int64_t i) const {
  const View row = rows(i, 1);
  return View(row.data, dtype, std::span(shape).subspan(1, static_cast<std::size_t>(rank) - 1));
}

View View::rows(std::int64_t first, std::int64_t count) const {
  check(rank >= 1, "a scalar has no rows");
  check(first >= 0 && count >= 0 && first + count <= shape[0], "rows out of range");
  View part = *this;
  part.shape[0] = count;
  const std::int64_t row_elements = shape[0] == 0 ? 0 : size() / shape[0];
  part.data = static_cast<std::byte*>(data) + static_cast<std::size_t>(first * row_elements) * size_of(dtype);
  return part;
}

View View::reshape(std::initializer_list<std::int64_t> dimensions) const {
  const View other(data, dtype, dimensions);
  check(other.size() == size(), "reshape changes the number of elements");
  return other;
}

std::string describe(const View& view) {
  if (view.empty()) return "empty";
  return fmt::format("[{}] {}", fmt::join(view.shape.begin(), view.shape.begin() + view.rank, ", "),
                     name_of(view.dtype));
}

void check_dtype(const View& view, DType expected) {
  if (view.empty() || view.dtype == expected) return;
  check(false, fmt::format("the tensor {} is not {}", describe(view), name_of(expected)));
}

}  // namespace triaxis
