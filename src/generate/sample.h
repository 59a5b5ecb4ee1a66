// The choice of a next token from a model's logits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/philox.h"

namespace triaxis {

struct SampleOptions {
  double temperature = 0.8;  ///< 0: always the likeliest
  std::int64_t top_k = 0;    ///< only the k likeliest; 0: all
  double top_p = 1;          ///< only the likeliest that together have this much (Holtzman et al. 2020)
  std::uint64_t seed = 1;
  std::int64_t symbols = 0;  ///< the tokenizer's: ids from here on are never chosen; 0: all may be
};

/// Chooses tokens. A choice depends on the logits, the options and the place alone, so that the same seed is the same
/// text and all ranks choose the same. Among equal logits the lowest id comes first.
class TokenChooser {
 public:
  explicit TokenChooser(const SampleOptions& options);

  /// RETURNS: the token for `place` in the text. Throws RunError if a logit of a symbol is NaN or +infinity, or none
  /// is finite.
  std::int32_t choose(std::span<const float> logits, std::int64_t place);

 private:
  struct Candidate {
    std::int32_t id = 0;
    float logit = 0;
    double weight = 0;  ///< its probability, up to a factor that all share
  };
  static bool is_likelier(const Candidate& a, const Candidate& b);
  void keep_top_k();
  void weigh(float largest);
  void keep_top_p();
  std::int32_t draw(double uniform) const;

  SampleOptions options_;
  RandomKey key_;
  std::vector<Candidate> candidates_;
};

}  // namespace triaxis
