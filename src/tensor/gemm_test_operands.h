// Operands for the tests of GEMM plans.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/philox.h"
#include "tensor/gemm.h"

namespace triaxis {

/// A matrix product's operands with values between -1 and 1, as T; the same values for every T.
template <typename T>
struct GemmOperands {
  explicit GemmOperands(const GemmShape& s)
      : a(values(s.share_a ? 1 : s.batch, s.m * s.k, 1)),
        b(values(s.share_b ? 1 : s.batch, s.n * s.k, 2)),
        bias(values(s.batch, s.n, 3)),
        c(values(s.batch, s.m * s.n, 4)),
        shape(s) {}

  View view_of_a() { return view(a, shape.share_a ? 1 : shape.batch, shape.transpose_a, shape.m, shape.k); }
  View view_of_b() { return view(b, shape.share_b ? 1 : shape.batch, shape.transpose_b, shape.k, shape.n); }
  View view_of_c() { return view(c, shape.batch, false, shape.m, shape.n); }
  View view_of_bias() { return shape.bias ? View(bias.data(), dtype_of<T>(), {shape.batch, shape.n}) : View(); }

  /// Packs b first, if that is planned.
  void run(const GemmPlan& plan, Stream& stream) {
    View b_given = view_of_b();
    if (shape.pack_b) {
      packed.assign(plan.packed_bytes() / sizeof(T), T{-7});
      b_given = View(packed.data(), dtype_of<T>(), {static_cast<std::int64_t>(packed.size())});
      plan.pack(stream, view_of_b(), b_given);
    }
    plan.run(stream, view_of_a(), b_given, view_of_bias(), view_of_c());
  }

  std::vector<T> a, b, bias, c, packed;
  GemmShape shape;

 private:
  static std::vector<T> values(std::int64_t batch, std::int64_t size, std::uint64_t seed);
  static View view(std::vector<T>& data, std::int64_t batch, bool transpose, std::int64_t rows, std::int64_t columns) {
    return View(data.data(), dtype_of<T>(), {batch, transpose ? columns : rows, transpose ? rows : columns});
  }
};

template <typename T>
std::vector<T> GemmOperands<T>::values(std::int64_t batch, std::int64_t size, std::uint64_t seed) {
  std::vector<T> result(static_cast<std::size_t>(batch * size));
  std::uint32_t index = 0;
  for (T& value : result) value = 2 * static_cast<T>(random_uniform(random_key(seed, 0, 0), 0, 0, index++)) - 1;
  return result;
}

/// "batch 2, 3 x 4 x 5, ta bias", for a failure's message.
inline std::string describe(const GemmShape& s) {
  std::string text = "batch " + std::to_string(s.batch) + ", " + std::to_string(s.m) + " x " + std::to_string(s.n) +
                     " x " + std::to_string(s.k);
  if (s.transpose_a) text += " ta";
  if (s.transpose_b) text += " tb";
  if (s.share_a) text += " share_a";
  if (s.share_b) text += " share_b";
  if (s.accumulate) text += " accumulate";
  if (s.bias) text += " bias";
  if (s.pack_b) text += " pack_b";
  return text;
}

}  // namespace triaxis
