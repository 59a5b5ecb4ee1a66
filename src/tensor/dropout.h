// Which elements dropout keeps: the one rule that every kernel follows.
#pragma once

#include <cmath>

#include "tensor/kernels.h"

namespace triaxis {

/// An element is dropped where (bits >> 8) < dropout_threshold, bits being those of base/philox.h at its place: that is
/// where its uniform number is below the probability.
inline std::uint32_t dropout_threshold(double probability) {
  return static_cast<std::uint32_t>(std::ceil(probability * 0x1p24));
}

/// What kept elements are multiplied with.
inline double dropout_scale(double probability) { return 1 / (1 - probability); }

/// Where a token stands: with a channel, the place of its random bits.
struct TokenPlace {
  std::uint64_t sequence = 0;
  std::uint32_t position = 0;
};

inline TokenPlace token_place(const TokenIds& ids, std::int64_t token) {
  return {static_cast<std::uint64_t>(ids.sequences.as<std::int64_t>()[token / ids.seq]),
          static_cast<std::uint32_t>(ids.positions.as<std::int32_t>()[token])};
}

/// What the element is multiplied with: 0, or the scale. 1 without dropout.
inline double dropout_factor(const Dropout& dropout, std::int64_t token, std::uint32_t channel) {
  if (dropout.probability == 0) return 1;
  const TokenPlace place = token_place(*dropout.ids, token);
  const std::uint32_t bits = random_bits(dropout.key, place.sequence, place.position, channel);
  return (bits >> 8) < dropout_threshold(dropout.probability) ? 0 : dropout_scale(dropout.probability);
}

}  // namespace triaxis
