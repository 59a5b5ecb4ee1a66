// The matrix product of a single row, which reads every weight once and so runs at the memory's speed: decoding.
#pragma once

#include "tensor/gemm.h"

namespace triaxis::fast {

/// Whether row_product computes products of this shape: a row times weights that are stored by output, not packed.
constexpr bool is_row_product(const GemmShape& shape) {
  return shape.m == 1 && shape.transpose_b && !shape.pack_b && !shape.accumulate;
}

/// See GemmPlan::run; trusts its arguments. REQUIRES: is_row_product(shape).
void row_product(Stream& stream, const GemmShape& shape, const View& a, const View& b, const View& bias, const View& c);

}  // namespace triaxis::fast
