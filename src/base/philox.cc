// Normal numbers come in pairs (Box and Muller 1958): elements 2k and 2k + 1 are the cosine and the sine of the same
// angle, both from the counter {low(k), high(k), 0, 0}. In double, so that a weight is rounded once, at the end.
#include "base/philox.h"

#include <cmath>
#include <numbers>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace triaxis {
namespace {

/// RETURNS: 53 random bits as a number in (0, 1], so that its logarithm is finite.
double to_positive_uniform(uint32_t high, uint32_t low) {
  const uint64_t bits = (uint64_t{high} << 32 | low) >> 11;
  return static_cast<double>(bits + 1) * 0x1p-53;
}

struct Polar {
  double radius;
  double angle;
};

Polar normal_pair(RandomKey key, uint64_t pair) {
  const auto words = philox4x32({low_word(pair), high_word(pair), 0, 0}, key.words);
  return {std::sqrt(-2.0 * std::log(to_positive_uniform(words[0], words[1]))),
          2.0 * std::numbers::pi * to_positive_uniform(words[2], words[3])};
}

}  // namespace

uint64_t site_hash(std::string_view name) { return XXH3_64bits(name.data(), name.size()); }

double random_normal(RandomKey key, uint64_t index) {
  const Polar polar = normal_pair(key, index / 2);
  return polar.radius * (index % 2 == 0 ? std::cos(polar.angle) : std::sin(polar.angle));
}

void fill_normal(RandomKey key, uint64_t first, double deviation, std::span<float> out) {
  size_t i = 0;
  const auto one = [&] {
    out[i] = static_cast<float>(deviation * random_normal(key, first + i));
    ++i;
  };
  if (first % 2 == 1 && !out.empty()) one();
  for (; i + 2 <= out.size(); i += 2) {
    const Polar polar = normal_pair(key, (first + i) / 2);
    out[i] = static_cast<float>(deviation * (polar.radius * std::cos(polar.angle)));
    out[i + 1] = static_cast<float>(deviation * (polar.radius * std::sin(polar.angle)));
  }
  if (i < out.size()) one();
}

}  // namespace triaxis
