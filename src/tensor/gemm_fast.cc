#include "tensor/gemm_fast.h"

#include <algorithm>

namespace triaxis {
namespace {

/// Floats that a packed piece takes, its alignment to 64 bytes included.
std::int64_t packed_size(const dnnl::memory::desc& layout) {
  return static_cast<std::int64_t>((layout.get_size() + 63) / 64 * 64 / sizeof(float));
}

bool is_uneven(const Cut& cut, std::int64_t piece) { return cut.length(piece) != cut.size; }

}  // namespace

FastGemm::FastGemm(Stream& stream, const GemmShape& shape)
    : shape_(shape), panels_(panels_of(shape.m, shape.n, shape.k)) {
  const int threads = stream.threads();
  for (const std::int64_t m : {std::int64_t{0}, panels_.m.count() - 1}) {
    for (const std::int64_t n : {std::int64_t{0}, panels_.n.count() - 1}) {
      for (const std::int64_t k : {std::int64_t{0}, panels_.k.count() / 2, panels_.k.count() - 1}) {
        prepare({m, n, k}, threads);
      }
    }
  }
  if (shape.pack_b) place_packed_pieces();
  std::size_t scratch = 0;
  for (const auto* calls : {&products_, &reorders_}) {
    for (const auto& call : *calls) scratch = std::max(scratch, call ? call->scratch_bytes() : 0);
  }
  stream.reserve_scratch(scratch);
}

std::size_t FastGemm::variant(const Place& place) const {
  const bool bits[] = {is_uneven(panels_.m, place.m), is_uneven(panels_.n, place.n), is_uneven(panels_.k, place.k),
                       place.k == 0};
  std::size_t index = 0;
  for (const bool bit : bits) index = index * 2 + (bit ? 1 : 0);
  return index;
}

void FastGemm::prepare(const Place& place, int threads) {
  std::optional<OnednnCall>& product = products_[variant(place)];
  if (product) return;
  const GemmShape& s = shape_;
  const std::int64_t m = panels_.m.length(place.m);
  const std::int64_t n = panels_.n.length(place.n);
  const std::int64_t k = panels_.k.length(place.k);
  const auto a = s.transpose_a ? matrix(m, k, 1, s.m) : matrix(m, k, s.k, 1);
  const auto stored_b = s.transpose_b ? matrix(k, n, 1, s.k) : matrix(k, n, s.n, 1);
  const auto c = matrix(m, n, s.n, 1);
  const bool first = place.k == 0;
  const auto bias = s.bias && first ? matrix(1, n, n, 1) : dnnl::memory::desc();
  const bool accumulate = s.accumulate || !first;
  if (!s.pack_b) {
    product = onednn_matmul(a, stored_b, c, bias, accumulate, threads);
    return;
  }
  // The panels of one piece of b read the same packed form: oneDNN chooses it for the first of them.
  std::optional<OnednnCall>& reorder = reorders_[variant({0, place.n, place.k})];
  const auto b = reorder ? reorder->layout(1) : matrix_of_any_layout(k, n);
  product = onednn_matmul(a, b, c, bias, accumulate, threads);
  if (!reorder) reorder = onednn_reorder(stored_b, product->layout(1), threads);
}

void FastGemm::place_packed_pieces() {
  packed_places_.push_back(0);
  for (std::int64_t n = 0; n < panels_.n.count(); ++n) {
    for (std::int64_t k = 0; k < panels_.k.count(); ++k) {
      packed_places_.push_back(packed_places_.back() + packed_size(reorders_[variant({0, n, k})]->layout(1)));
    }
  }
}

std::size_t FastGemm::packed_bytes() const {
  return static_cast<std::size_t>((shape_.share_b ? 1 : shape_.batch) * packed_places_.back()) * sizeof(float);
}

float* FastGemm::stored_piece(const View& b, std::int64_t entry, std::int64_t n, std::int64_t k) const {
  const std::int64_t column = panels_.n.begin(n);
  const std::int64_t row = panels_.k.begin(k);
  const std::int64_t place = shape_.transpose_b ? column * shape_.k + row : row * shape_.n + column;
  return b.as<float>() + entry * shape_.n * shape_.k + place;
}

float* FastGemm::packed_piece(const View& packed, std::int64_t entry, std::int64_t n, std::int64_t k) const {
  const auto piece = static_cast<std::size_t>(n * panels_.k.count() + k);
  return packed.as<float>() + entry * packed_places_.back() + packed_places_[piece];
}

void FastGemm::pack(Stream& stream, const View& b, const View& packed) const {
  const std::int64_t pieces = panels_.n.count() * panels_.k.count();
  stream.parallel_for((shape_.share_b ? 1 : shape_.batch) * pieces, [&](std::int64_t task, int thread) {
    const std::int64_t entry = task / pieces;
    const std::int64_t n = task % pieces / panels_.k.count();
    const std::int64_t k = task % panels_.k.count();
    float* const from = stored_piece(b, entry, n, k);
    float* const to = packed_piece(packed, entry, n, k);
    reorders_[variant({0, n, k})]->run(thread, {from, to}, stream.scratch(thread).data());
  });
}

void FastGemm::run(Stream& stream, const View& a, const View& b, const View& bias, const View& c) const {
  const std::int64_t panels = panels_.count();
  stream.parallel_for(shape_.batch * panels, [&](std::int64_t task, int thread) {
    // Panels that read the same pieces of b follow each other, so that these stay in the cache.
    const std::int64_t entry = task / panels;
    const std::int64_t m = task % panels_.m.count();
    const std::int64_t n = task % panels / panels_.m.count();
    for (std::int64_t k = 0; k < panels_.k.count(); ++k) {
      const Place place{m, n, k};
      const Operands at = operands_at(place, entry, a, b, bias, c);
      products_[variant(place)]->run(thread, {at.a, at.b, at.c, at.bias}, stream.scratch(thread).data());
    }
  });
}

FastGemm::Operands FastGemm::operands_at(const Place& place, std::int64_t entry, const View& a, const View& b,
                                         const View& bias, const View& c) const {
  const GemmShape& s = shape_;
  const std::int64_t row = panels_.m.begin(place.m);
  const std::int64_t column = panels_.n.begin(place.n);
  const std::int64_t depth = panels_.k.begin(place.k);
  const std::int64_t entry_a = s.share_a ? 0 : entry;
  const std::int64_t entry_b = s.share_b ? 0 : entry;
  return {.a = a.as<float>() + entry_a * s.m * s.k + (s.transpose_a ? depth * s.m + row : row * s.k + depth),
          .b = s.pack_b ? packed_piece(b, entry_b, place.n, place.k) : stored_piece(b, entry_b, place.n, place.k),
          .bias = s.bias ? bias.as<float>() + entry * s.n + column : nullptr,
          .c = c.as<float>() + entry * s.m * s.n + row * s.n + column};
}

}  // namespace triaxis
