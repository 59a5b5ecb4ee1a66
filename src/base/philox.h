// Random bits as a pure function of where they are used: nothing is saved, and no layout or order of execution changes
// them.
//
// The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011).
// Its project-wide use, which the SIMD kernels of tensor/ repeat word for word:
//
//   key     = words 0 and 1 of philox4x32({low(site), high(site), low(step), high(step)}, {low(seed), high(seed)})
//   counter = {channel / 4, position, low(sequence), high(sequence)}
//   bits    = word channel % 4 of philox4x32(counter, key)
//   uniform = (bits >> 8) * 2^-24, in [0, 1)
//
// low() and high() are the two halves of 64 bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace triaxis {

/// RETURNS: the four words of Philox4x32 with ten rounds.
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// The lower half of 64 bits.
constexpr uint32_t low_word(uint64_t value) { return static_cast<uint32_t>(value); }

/// The upper half of 64 bits.
constexpr uint32_t high_word(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

/// What selects one stream of random bits: a run's seed, the step and the place in the model.
struct RandomKey {
  std::array<uint32_t, 2> words{};

  friend bool operator==(const RandomKey&, const RandomKey&) = default;
};

/// RETURNS: a name's number, for `site` below: a layer's global name for dropout, a parameter's for initialisation.
uint64_t site_hash(std::string_view name);

/// RETURNS: the key of `site` (see site_hash) at `step` of the run with `seed`.
constexpr RandomKey random_key(uint64_t seed, uint64_t step, uint64_t site) {
  const auto words =
      philox4x32({low_word(site), high_word(site), low_word(step), high_word(step)}, {low_word(seed), high_word(seed)});
  return {{words[0], words[1]}};
}

/// RETURNS: the random bits of channels 4 * channel_group to 4 * channel_group + 3.
constexpr std::array<uint32_t, 4> random_bits4(RandomKey key, uint64_t sequence, uint32_t position,
                                               uint32_t channel_group) {
  return philox4x32({channel_group, position, low_word(sequence), high_word(sequence)}, key.words);
}

/// RETURNS: 32 random bits of one channel at one position of one sequence.
constexpr uint32_t random_bits(RandomKey key, uint64_t sequence, uint32_t position, uint32_t channel) {
  return random_bits4(key, sequence, position, channel / 4)[channel % 4];
}

/// RETURNS: random bits as a number in [0, 1), a multiple of 2^-24.
constexpr float to_uniform(uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

/// RETURNS: a uniform number in [0, 1) for one channel at one position of one sequence.
constexpr float random_uniform(RandomKey key, uint64_t sequence, uint32_t position, uint32_t channel) {
  return to_uniform(random_bits(key, sequence, position, channel));
}

/// RETURNS: element `index` of a stream of independent standard normal numbers.
double random_normal(RandomKey key, uint64_t index);

/// Writes deviation * random_normal(key, first + i), rounded to float, to out[i]; at half the cost of one by one.
void fill_normal(RandomKey key, uint64_t first, double deviation, std::span<float> out);

}  // namespace triaxis
