// Token and position embeddings.
#pragma once

#include "tensor/dropout.h"
#include "tensor/kernel_checks.h"

namespace triaxis::reference {

template <typename T>
void embedding_forward(Stream&, const View& ids, const View& table, std::int64_t first_id, const View& y) {
  const auto [tokens, h] = check_embedding_forward(dtype_of<T>(), ids, table, y);
  const std::int64_t rows = table.dim(0) * table.dim(1);
  for (std::int64_t t = 0; t < tokens; ++t) {
    const std::int64_t row = ids.as<std::int32_t>()[t] - first_id;
    const bool here = row >= 0 && row < rows;
    // The sum with +0 turns -0 into +0.
    for (std::int64_t c = 0; c < h; ++c) y.as<T>()[t * h + c] = (here ? table.as<T>()[row * h + c] : T(0)) + T(0);
  }
}

template <typename T>
void position_forward(Stream&, const View& x, const View& positions, const View& table, const Dropout& dropout,
                      const View& y) {
  const auto [tokens, h] = check_position_forward(dtype_of<T>(), x, positions, table, dropout, y);
  for (std::int64_t t = 0; t < tokens; ++t) {
    const T* row = table.as<T>() + positions.as<std::int32_t>()[t] * h;
    for (std::int64_t c = 0; c < h; ++c) {
      const T factor = static_cast<T>(dropout_factor(dropout, t, static_cast<std::uint32_t>(c)));
      y.as<T>()[t * h + c] = (x.as<T>()[t * h + c] + row[c]) * factor;
    }
  }
}

template <typename T>
void embedding_backward(Stream&, const View& ids, const View& dy, std::int64_t first_id, const View& dtable) {
  const auto [tokens, h] = check_embedding_backward(dtype_of<T>(), ids, dy, dtable);
  const std::int64_t rows = dtable.size() / h;
  for (std::int64_t t = 0; t < tokens; ++t) {
    const std::int64_t row = ids.as<std::int32_t>()[t] - first_id;
    if (row < 0 || row >= rows) continue;
    for (std::int64_t c = 0; c < h; ++c) dtable.as<T>()[row * h + c] += dy.as<T>()[t * h + c];
  }
}

}  // namespace triaxis::reference
