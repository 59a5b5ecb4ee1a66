// Dropout in vectors: the bits of base/philox.h and the rule of tensor/dropout.h.
#if defined(TRIAXIS_TENSOR_FAST_DROPOUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRIAXIS_TENSOR_FAST_DROPOUT_INL_H_
#undef TRIAXIS_TENSOR_FAST_DROPOUT_INL_H_
#else
#define TRIAXIS_TENSOR_FAST_DROPOUT_INL_H_
#endif

#include "tensor/dropout.h"
#include "tensor/fast/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace triaxis::fast::HWY_NAMESPACE {

struct Product {
  Word high;
  Word low;
};

/// The 64 bits of each lane's product.
HWY_INLINE Product multiply(Word a, Word b) {
  const hn::RepartitionToWide<Words> wide;
  const auto even = hn::MulEven(a, b);
  const auto odd = hn::MulEven(hn::BitCast(Words(), hn::ShiftRight<32>(hn::BitCast(wide, a))), b);
  return {hn::OddEven(hn::BitCast(Words(), odd), hn::BitCast(Words(), hn::ShiftRight<32>(even))),
          hn::OddEven(hn::BitCast(Words(), hn::ShiftLeft<32>(odd)), hn::BitCast(Words(), even))};
}

struct Words4 {
  Word word0, word1, word2, word3;
};

/// base/philox.h's random_bits4 in every lane.
HWY_INLINE Words4 random_bits4(RandomKey key, std::uint64_t sequence, Word position, Word channel_group) {
  const Word factor0 = hn::Set(Words(), 0xD2511F53u);
  const Word factor1 = hn::Set(Words(), 0xCD9E8D57u);
  Words4 counter{channel_group, position, hn::Set(Words(), low_word(sequence)), hn::Set(Words(), high_word(sequence))};
  for (int round = 0; round < 10; ++round) {
    const Product product0 = multiply(counter.word0, factor0);
    const Product product1 = multiply(counter.word2, factor1);
    counter = {hn::Xor(hn::Xor(product1.high, counter.word1), hn::Set(Words(), key.words[0])), product1.low,
               hn::Xor(hn::Xor(product0.high, counter.word3), hn::Set(Words(), key.words[1])), product0.low};
    key.words[0] += 0x9E3779B9;
    key.words[1] += 0xBB67AE85;
  }
  return counter;
}

/// A dropout ready for vectors. An array of bits covers kChannels channels at one place.
class VectorDropout {
 public:
  static constexpr std::int64_t kChannels = 4 * kLanes;

  explicit VectorDropout(const Dropout& dropout)
      : key_(dropout.key),
        threshold_(static_cast<std::int32_t>(dropout_threshold(dropout.probability))),
        scale_(static_cast<float>(dropout_scale(dropout.probability))) {}

  /// The bits of kChannels channels from `first_channel`, a multiple of 4, on.
  void bits(TokenPlace place, std::uint32_t first_channel, std::uint32_t* to) const {
    const Word group = hn::Iota(Words(), first_channel / 4);
    const Words4 words = random_bits4(key_, place.sequence, hn::Set(Words(), place.position), group);
    hn::StoreInterleaved4(words.word0, words.word1, words.word2, words.word3, Words(), to);
  }

  /// What the elements with these bits are multiplied with: 0 or the scale.
  Float factor(Word bits) const {
    const auto dropped = hn::Lt(hn::BitCast(Ints(), hn::ShiftRight<8>(bits)), hn::Set(Ints(), threshold_));
    return hn::IfThenZeroElse(hn::RebindMask(Floats(), dropped), set(scale_));
  }

  RandomKey key() const { return key_; }

 private:
  RandomKey key_;
  std::int32_t threshold_;
  float scale_;
};

}  // namespace triaxis::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
