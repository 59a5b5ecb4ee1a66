// The fast matrix product: panels of tensor/gemm_panels.h, each a few calls of oneDNN.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tensor/gemm.h"
#include "tensor/gemm_onednn.h"
#include "tensor/gemm_panels.h"

namespace triaxis {

/// See GemmPlan; this one trusts its arguments.
class FastGemm {
 public:
  FastGemm(Stream& stream, const GemmShape& shape);

  std::size_t packed_bytes() const;
  void pack(Stream& stream, const View& b, const View& packed) const;
  void run(Stream& stream, const View& a, const View& b, const View& bias, const View& c) const;

 private:
  /// A piece of m, of n and of k, by number.
  struct Place {
    std::int64_t m;
    std::int64_t n;
    std::int64_t k;
  };
  /// Where a place's operands begin.
  struct Operands {
    float* a;
    float* b;
    float* bias;
    float* c;
  };
  // Pieces of one length share their calls: whether the piece is a short or long last one, for m, n and k, and whether
  // it is the first of k.
  static constexpr std::size_t kVariants = 16;

  std::size_t variant(const Place& place) const;
  void prepare(const Place& place, int threads);
  void place_packed_pieces();
  float* stored_piece(const View& b, std::int64_t entry, std::int64_t n, std::int64_t k) const;
  float* packed_piece(const View& packed, std::int64_t entry, std::int64_t n, std::int64_t k) const;
  Operands operands_at(const Place& place, std::int64_t entry, const View& a, const View& b, const View& bias,
                       const View& c) const;

  GemmShape shape_;
  Panels panels_;
  std::array<std::optional<OnednnCall>, kVariants> products_;
  std::array<std::optional<OnednnCall>, kVariants> reorders_;  // Those of b, at m = 0.
  std::vector<std::int64_t> packed_places_;  // Where an entry's pieces begin, by n, then k; the last is its end.
};

}  // namespace triaxis
