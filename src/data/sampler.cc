#include "data/sampler.h"

#include "base/error.h"

namespace triaxis {
namespace {

// Four rounds of a random function make a Feistel network a pseudorandom permutation that withstands chosen inputs and
// outputs (Luby and Rackoff 1988); tiny domains want some more.
constexpr uint32_t kRounds = 8;

int64_t windows_in(std::span<const Token> part, int64_t seq_len) {
  return part.empty() ? 0 : (static_cast<int64_t>(part.size()) - 1) / seq_len;
}

}  // namespace

Permutation::Permutation(uint64_t size, RandomKey key) : size_(size), key_(key) {
  check(size >= 1 && size <= uint64_t{1} << 62, "a permutation has 1 to 2^62 elements");
  while (uint64_t{1} << (2 * half_bits_) < size) ++half_bits_;
}

uint64_t Permutation::operator()(uint64_t index) const {
  check(index < size_, "a permutation takes indices below its size");
  const uint32_t mask = (uint32_t{1} << half_bits_) - 1;
  do {
    auto left = static_cast<uint32_t>(index >> half_bits_);
    uint32_t right = static_cast<uint32_t>(index) & mask;
    for (uint32_t round = 0; round < kRounds; ++round) {
      const uint32_t mixed = left ^ (philox4x32({right, round, 0, 0}, key_.words)[0] & mask);
      left = right;
      right = mixed;
    }
    index = uint64_t{left} << half_bits_ | right;
  } while (index >= size_);
  return index;
}

Sampler::Sampler(const Corpus& corpus, int64_t seq_len, uint64_t seed)
    : training_(corpus.training()),
      validation_(corpus.validation()),
      seq_len_(seq_len),
      windows_(windows_in(training_, seq_len)),
      validation_windows_(windows_in(validation_, seq_len)),
      seed_(seed) {
  check(windows_ >= 1, "the corpus was loaded for a shorter seq_len");
}

int64_t Sampler::window_of(int64_t n) const {
  check(n >= 0, "sequences count from 0");
  const auto epoch = static_cast<uint64_t>(n / windows_);
  static const uint64_t site = site_hash("data.sampler");
  const Permutation order(static_cast<uint64_t>(windows_), random_key(seed_, epoch, site));
  return static_cast<int64_t>(order(static_cast<uint64_t>(n % windows_)));
}

void Sampler::fill(int64_t n, std::span<int32_t> inputs, std::span<int32_t> targets) const {
  copy_window(training_, window_of(n), inputs, targets);
}

void Sampler::fill_validation(int64_t window, std::span<int32_t> inputs, std::span<int32_t> targets) const {
  check(window >= 0 && window < validation_windows_, "no such validation window");
  copy_window(validation_, window, inputs, targets);
}

std::span<const Token> Sampler::validation_tokens() const {
  if (validation_windows_ == 0) return {};
  return validation_.first(static_cast<size_t>(validation_windows_ * seq_len_ + 1));
}

void Sampler::copy_window(std::span<const Token> part, int64_t window, std::span<int32_t> inputs,
                          std::span<int32_t> targets) const {
  const auto length = static_cast<size_t>(seq_len_);
  check(inputs.size() == length && targets.size() == length, "inputs and targets hold seq_len tokens each");
  const std::span<const Token> tokens = part.subspan(static_cast<size_t>(window) * length, length + 1);
  for (size_t i = 0; i < length; ++i) {
    inputs[i] = static_cast<int32_t>(tokens[i]);
    targets[i] = static_cast<int32_t>(tokens[i + 1]);
  }
}

int64_t first_sequence(const BatchConfig& batch, int64_t step, int64_t blocks, int64_t block, int64_t microbatch) {
  check(blocks > 0 && batch.global % (blocks * batch.micro) == 0,
        "a step's sequences divide by blocks and microbatches");
  const int64_t block_size = batch.global / blocks;
  check(block >= 0 && block < blocks && microbatch >= 0 && microbatch * batch.micro < block_size,
        "a microbatch lies inside its block");
  return step * batch.global + block * block_size + microbatch * batch.micro;
}

}  // namespace triaxis
