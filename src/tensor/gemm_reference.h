// The plain matrix product: the definition that the fast one is compared with.
#pragma once

#include "tensor/gemm.h"

namespace triaxis {

/// Sums in T, over k in ascending order, starting from c (`accumulate`), bias or zero. T is float or double; operands
/// as for GemmPlan::run, `b` always as stored.
template <typename T>
void reference_gemm(Stream& stream, const GemmShape& shape, const View& a, const View& b, const View& bias,
                    const View& c);

}  // namespace triaxis
