#include "tensor/gemm_fast.h"

#include <algorithm>

namespace triaxis {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

std::size_t element_bytes(std::int64_t elements) { return static_cast<std::size_t>(elements) * sizeof(float); }

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
      const std::size_t bytes = reorders_[variant({0, n, k})]->layout(1).get_size();
      packed_places_.push_back(packed_places_.back() + aligned(bytes));
    }
  }
}

std::size_t FastGemm::packed_bytes() const {
  return static_cast<std::size_t>(shape_.share_b ? 1 : shape_.batch) * packed_places_.back();
}

std::int64_t FastGemm::stored_place_of_b(std::int64_t n, std::int64_t k) const {
  const std::int64_t column = panels_.n.begin(n);
  const std::int64_t row = panels_.k.begin(k);
  return shape_.transpose_b ? column * shape_.k + row : row * shape_.n + column;
}

void FastGemm::pack(Stream& stream, const View& b, const View& packed) const {
  const std::int64_t pieces = panels_.n.count() * panels_.k.count();
  stream.parallel_for((shape_.share_b ? 1 : shape_.batch) * pieces, [&](std::int64_t task, int thread) {
    const std::int64_t entry = task / pieces;
    const std::int64_t piece = task % pieces;
    const Place place{0, piece / panels_.k.count(), piece % panels_.k.count()};
    float* const from = b.as<float>() + entry * shape_.n * shape_.k + stored_place_of_b(place.n, place.k);
    std::byte* const to = static_cast<std::byte*>(packed.data) +
                          static_cast<std::size_t>(entry) * packed_places_.back() +
                          packed_places_[static_cast<std::size_t>(piece)];
    reorders_[variant(place)]->run(thread, {from, to}, stream.scratch(thread).data());
  });
}

void FastGemm::run(Stream& stream, const View& a, const View& b, const View& bias, const View& c) const {
  const std::int64_t panels = panels_.count();
  stream.parallel_for(shape_.batch * panels, [&](std::int64_t task, int thread) {
    // Panels that read the same piece of b follow each other, so that it stays in the cache.
    const std::int64_t entry = task / panels;
    const std::int64_t n = task % panels / panels_.m.count();
    const std::int64_t m = task % panels_.m.count();
    const std::size_t entry_of_b = static_cast<std::size_t>(shape_.share_b ? 0 : entry);
    const std::size_t bytes_of_b = shape_.pack_b ? packed_places_.back() : element_bytes(shape_.n * shape_.k);
    const Operands operands{.a = a.as<float>() + (shape_.share_a ? 0 : entry * shape_.m * shape_.k),
                            .b = static_cast<std::byte*>(b.data) + entry_of_b * bytes_of_b,
                            .bias = shape_.bias ? bias.as<float>() + entry * shape_.n : nullptr,
                            .c = c.as<float>() + entry * shape_.m * shape_.n};
    run_panel(operands, m, n, thread, stream.scratch(thread).data());
  });
}

void FastGemm::run_panel(const Operands& operands, std::int64_t m, std::int64_t n, int thread,
                         std::byte* scratch) const {
  const GemmShape& s = shape_;
  const std::int64_t row = panels_.m.begin(m);
  const std::int64_t column = panels_.n.begin(n);
  float* const c = operands.c + row * s.n + column;
  float* const bias = s.bias ? operands.bias + column : nullptr;
  for (std::int64_t k = 0; k < panels_.k.count(); ++k) {
    const std::int64_t depth = panels_.k.begin(k);
    float* const a = operands.a + (s.transpose_a ? depth * s.m + row : row * s.k + depth);
    std::byte* const b = operands.b + (s.pack_b ? packed_places_[static_cast<std::size_t>(n * panels_.k.count() + k)]
                                                : element_bytes(stored_place_of_b(n, k)));
    products_[variant({m, n, k})]->run(thread, {a, b, c, bias}, scratch);
  }
}

}  // namespace triaxis
