// Matrix products, cut into panels that the logical shape alone decides.
#pragma once

#include <cstdint>
#include <memory>

#include "tensor/stream.h"
#include "tensor/view.h"

namespace triaxis {

/// One product, or `batch` of them (a rank's logical shards): c = op(a) op(b) (+ bias), or c += of the same.
struct GemmShape {
  std::int64_t batch = 1;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool transpose_a = false;  ///< a is stored [k, m], else [m, k]
  bool transpose_b = false;  ///< b is stored [n, k], else [k, n]
  bool share_a = false;      ///< a has no batch dimension: the same for every entry
  bool share_b = false;      ///< the same for b
  bool accumulate = false;   ///< c += instead of c =
  bool bias = false;         ///< adds bias [batch, n] to every row
  bool pack_b = false;       ///< b is a weight: packed ahead with `pack`, then given packed to `run`
  DType dtype = DType::kF32;
};

enum class GemmEngine : std::uint8_t { kReference, kFast };

/// A product prepared before the first step. Panels are fixed by m, n and k alone: one panel is one single-threaded
/// call, and threads only choose panels, so neither `batch` nor the number of threads changes a bit. Immutable after
/// construction; may be run by one stream at a time.
class GemmPlan {
 public:
  /// Reserves the scratch that it needs in `stream`. REQUIRES of `pack` and `run`: a stream of no more threads.
  GemmPlan(GemmEngine engine, Stream& stream, const GemmShape& shape);
  ~GemmPlan();
  GemmPlan(GemmPlan&&) noexcept;
  GemmPlan& operator=(GemmPlan&&) noexcept;

  /// Bytes that the packed form of all of b takes. 0 unless `pack_b`.
  std::size_t packed_bytes() const;
  /// b [batch?, k, n] (as stored) into `packed`, `packed_bytes()` long, of any shape. REQUIRES: `pack_b`.
  void pack(Stream& stream, const View& b, const View& packed) const;

  /// a [batch?, m, k], b [batch?, k, n] (each as stored; or b packed), bias [batch, n] or empty, c [batch, m, n]. The
  /// batch dimension may be left out when it is 1. Sum rule: `accumulate` adds to c, else c is written.
  void run(Stream& stream, const View& a, const View& b, const View& bias, const View& c) const;

  const GemmShape& shape() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace triaxis
