#include "tensor/gemm_reference.h"

#include <cstdint>

namespace triaxis {
namespace {

/// A vector of elements `stride` apart.
template <typename T>
struct Strided {
  const T* data;
  std::int64_t stride;
  const T& operator[](std::int64_t i) const { return data[i * stride]; }
};

/// c [n] += a [k] b [k, n].
template <typename T>
void add_row_product(const Strided<T>& a, const T* b, std::int64_t n, std::int64_t k, T* c) {
  for (std::int64_t p = 0; p < k; ++p) {
    for (std::int64_t j = 0; j < n; ++j) c[j] += a[p] * b[p * n + j];
  }
}

/// c [n] += a [k] b^T, b [n, k].
template <typename T>
void add_row_product_transposed(const Strided<T>& a, const T* b, std::int64_t n, std::int64_t k, T* c) {
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t p = 0; p < k; ++p) c[j] += a[p] * b[j * k + p];
  }
}

}  // namespace

template <typename T>
void reference_gemm(Stream& stream, const GemmShape& shape, const View& a, const View& b, const View& bias,
                    const View& c) {
  const std::int64_t m = shape.m;
  const std::int64_t n = shape.n;
  const std::int64_t k = shape.k;
  stream.parallel_for(shape.batch * m, [&](std::int64_t row, int) {
    const std::int64_t entry = row / m;
    const std::int64_t i = row % m;
    const T* const entry_a = a.as<T>() + (shape.share_a ? 0 : entry * m * k);
    const T* const entry_b = b.as<T>() + (shape.share_b ? 0 : entry * n * k);
    const Strided<T> row_a = shape.transpose_a ? Strided<T>{entry_a + i, m} : Strided<T>{entry_a + i * k, 1};
    T* const row_c = c.as<T>() + row * n;
    for (std::int64_t j = 0; j < n; ++j) {
      row_c[j] = (shape.accumulate ? row_c[j] : T{0}) + (shape.bias ? bias.as<T>()[entry * n + j] : T{0});
    }
    const auto add = shape.transpose_b ? add_row_product_transposed<T> : add_row_product<T>;
    add(row_a, entry_b, n, k, row_c);
  });
}

template void reference_gemm<float>(Stream&, const GemmShape&, const View&, const View&, const View&, const View&);
template void reference_gemm<double>(Stream&, const GemmShape&, const View&, const View&, const View&, const View&);

}  // namespace triaxis
