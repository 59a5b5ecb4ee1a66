// The pieces of a tile of attention. Scores are held transposed, [key][query]: then a vector holds queries, so that the
// softmax never sums across lanes, and every product takes one operand as vectors of rows and the other as single
// numbers, as both lie in memory.
#if defined(TRIAXIS_TENSOR_FAST_ATTENTION_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRIAXIS_TENSOR_FAST_ATTENTION_TILES_INL_H_
#undef TRIAXIS_TENSOR_FAST_ATTENTION_TILES_INL_H_
#else
#define TRIAXIS_TENSOR_FAST_ATTENTION_TILES_INL_H_
#endif

#include <algorithm>

#include "tensor/fast/attention.h"
#include "tensor/fast/dropout-inl.h"
#include "tensor/fast/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {

/// A matrix whose element (i, j) is data[i * row + j * column].
struct Matrix {
  const float* data;
  std::int64_t row;
  std::int64_t column;

  Matrix from_row(std::int64_t i) const { return {data + i * row, row, column}; }
};

/// c [kRows][kVectors of lanes] = a b, or += if `add`; b and c hold rows of `b_row` and `c_row` floats.
template <int kRows, int kVectors>
HWY_INLINE void product_block(bool add, std::int64_t depth, Matrix a, const float* b, std::int64_t b_row, float* c,
                              std::int64_t c_row) {
  Float sum[kRows][kVectors];
  HWY_UNROLL(8)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(8)
    for (int j = 0; j < kVectors; ++j) sum[i][j] = add ? load(c + i * c_row + j * kLanes) : hn::Zero(Floats());
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    Float row[kVectors];
    HWY_UNROLL(8)
    for (int j = 0; j < kVectors; ++j) row[j] = load(b + k * b_row + j * kLanes);
    HWY_UNROLL(8)
    for (int i = 0; i < kRows; ++i) {
      const Float factor = set(a.data[i * a.row + k * a.column]);
      HWY_UNROLL(8)
      for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(factor, row[j], sum[i][j]);
    }
  }
  HWY_UNROLL(8)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(8)
    for (int j = 0; j < kVectors; ++j) store(sum[i][j], c + i * c_row + j * kLanes);
  }
}

template <int kVectors>
HWY_INLINE void product_columns(bool add, std::int64_t rows, std::int64_t depth, Matrix a, const float* b,
                                std::int64_t b_row, float* c, std::int64_t c_row) {
  std::int64_t i = 0;
  for (; i + 6 <= rows; i += 6) {
    product_block<6, kVectors>(add, depth, a.from_row(i), b, b_row, c + i * c_row, c_row);
  }
  for (; i + 2 <= rows; i += 2) {
    product_block<2, kVectors>(add, depth, a.from_row(i), b, b_row, c + i * c_row, c_row);
  }
  if (i < rows) product_block<1, kVectors>(add, depth, a.from_row(i), b, b_row, c + i * c_row, c_row);
}

/// c [rows][columns] = a [rows][depth] b [depth][columns], or += if `add`. REQUIRES: columns a multiple of kLanes.
HWY_NOINLINE inline void product(bool add, std::int64_t rows, std::int64_t columns, std::int64_t depth, Matrix a,
                                 const float* b, std::int64_t b_row, float* c, std::int64_t c_row) {
  constexpr int kVectors = kLanes >= 16 ? 4 : 2;  // as the registers allow: 32 of AVX-512, 16 else
  std::int64_t j = 0;
  for (; j + kVectors * kLanes <= columns; j += kVectors * kLanes) {
    product_columns<kVectors>(add, rows, depth, a, b + j, b_row, c + j, c_row);
  }
  for (; j < columns; j += kLanes) product_columns<1>(add, rows, depth, a, b + j, b_row, c + j, c_row);
}

/// to [columns][to_row] = from [rows][from_row], transposed, four rows at a time.
HWY_INLINE void transpose(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns, float* to,
                          std::int64_t to_row) {
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const float* four = from + r * from_row;
    std::int64_t c = 0;
    for (; c + kLanes <= columns; c += kLanes) {
      alignas(64) float lanes[4 * kLanes];
      hn::StoreInterleaved4(load(four + c), load(four + from_row + c), load(four + 2 * from_row + c),
                            load(four + 3 * from_row + c), Floats(), lanes);
      for (std::int64_t i = 0; i < kLanes; ++i)
        std::memcpy(to + (c + i) * to_row + r, lanes + 4 * i, 4 * sizeof(float));
    }
    for (; c < columns; ++c) {
      for (std::int64_t i = 0; i < 4; ++i) to[c * to_row + r + i] = four[i * from_row + c];
    }
  }
  for (; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) to[c * to_row + r] = from[r * from_row + c];
  }
}

/// factor times rows of `head_dim` floats, into rows of padded_channels, the padding 0.
HWY_INLINE void copy_rows(const float* from, std::int64_t from_row, std::int64_t rows, std::int64_t head_dim,
                          float factor, float* to) {
  const std::int64_t to_row = padded_channels(head_dim);
  for (std::int64_t r = 0; r < rows; ++r) {
    std::fill(to + r * to_row + head_dim, to + (r + 1) * to_row, 0.0f);
    map(
        head_dim, to + r * to_row, [&](Float v) HWY_ATTR { return hn::Mul(v, set(factor)); }, from + r * from_row);
  }
}

/// A tile's queries: where they stand and what they may see. Lanes past the last query see nothing.
struct QueryTile {
  std::int64_t first = 0;
  std::int64_t count = 0;
  alignas(64) std::int32_t position[kTile];
  alignas(64) std::int32_t document_start[kTile];
  std::int32_t least_position, greatest_position;
  std::int32_t least_start, greatest_start;

  QueryTile(const HeadRows& head, std::int64_t first_query)
      : first(first_query), count(std::min(kTile, head.seq - first_query)) {
    std::fill_n(position, kTile, -1);
    std::fill_n(document_start, kTile, 0);
    std::copy_n(head.positions + first, count, position);
    std::copy_n(head.document_starts + first, count, document_start);
    const auto [least, greatest] = std::minmax_element(position, position + count);
    least_position = *least;
    greatest_position = *greatest;
    const auto [least_document, greatest_document] = std::minmax_element(document_start, document_start + count);
    least_start = *least_document;
    greatest_start = *greatest_document;
  }
};

/// A tile's keys, as a tile of queries sees them.
struct KeyTile {
  std::int64_t first = 0;
  std::int64_t count = 0;
  const std::int32_t* position = nullptr;
  bool any_visible = false;
  bool all_visible = false;

  KeyTile(const HeadRows& head, const QueryTile& queries, std::int64_t first_key)
      : first(first_key), count(std::min(kTile, head.seq - first_key)), position(head.positions + first_key) {
    const auto [least, greatest] = std::minmax_element(position, position + count);
    any_visible = *least <= queries.greatest_position && *greatest >= queries.least_start;
    all_visible = *greatest <= queries.least_position && *least >= queries.greatest_start;
  }
};

/// Calls body(keys) for the tiles of keys that some query of the tile may see, in order.
template <class Body>
HWY_INLINE void for_visible_keys(const HeadRows& head, const QueryTile& queries, Body body) {
  for (std::int64_t first = 0; first < head.seq; first += kTile) {
    const KeyTile keys(head, queries, first);
    if (keys.any_visible) body(keys);
  }
}

/// Which of the queries from lane `q` on do not see the key at `key_position`.
HWY_INLINE FloatMask hidden(const QueryTile& queries, std::int64_t q, std::int32_t key_position) {
  const Int key = hn::Set(Ints(), key_position);
  const auto before = hn::Lt(key, hn::Load(Ints(), queries.document_start + q));
  const auto after = hn::Gt(key, hn::Load(Ints(), queries.position + q));
  return hn::RebindMask(Floats(), hn::Or(before, after));
}

/// What dropout multiplies the tile's probabilities with, [key][query].
HWY_INLINE void dropout_factors(const HeadRows& head, const QueryTile& queries, const KeyTile& keys, float* factors) {
  const VectorDropout vectors(*head.dropout);
  for (std::int64_t q = 0; q < kTile; q += kLanes) {
    const Word position = hn::BitCast(Words(), hn::Load(Ints(), queries.position + q));
    alignas(64) std::uint32_t words[4 * kLanes];
    std::uint32_t group_here = 0;
    for (std::int64_t j = 0; j < keys.count; ++j) {
      const std::uint32_t channel = head.first_channel + static_cast<std::uint32_t>(keys.position[j]);
      const std::uint32_t group = channel / 4;
      if (j == 0 || group != group_here) {
        const Words4 bits = random_bits4(vectors.key(), head.sequence, position, hn::Set(Words(), group));
        hn::Store(bits.word0, Words(), words);
        hn::Store(bits.word1, Words(), words + kLanes);
        hn::Store(bits.word2, Words(), words + 2 * kLanes);
        hn::Store(bits.word3, Words(), words + 3 * kLanes);
        group_here = group;
      }
      const Word bits = hn::Load(Words(), words + channel % 4 * kLanes);
      store(vectors.factor(bits), factors + j * kTile + q);
    }
  }
}

}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
