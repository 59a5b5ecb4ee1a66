#include "generate/generate.h"

#include <algorithm>
#include <cmath>

#include "base/philox.h"

namespace triaxis {
namespace {

/// A draw from softmax(logits / temperature) by one uniform number.
std::int32_t choose(std::span<const float> logits, double temperature, double uniform) {
  const float most = *std::max_element(logits.begin(), logits.end());
  if (temperature <= 0)
    return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  std::vector<double> weights;
  double sum = 0;
  for (const float logit : logits)
    sum += weights.emplace_back(std::exp(static_cast<double>(logit - most) / temperature));
  double left = uniform * sum;
  for (std::size_t id = 0; id < weights.size(); ++id) {
    left -= weights[id];
    if (left < 0) return static_cast<std::int32_t>(id);
  }
  return static_cast<std::int32_t>(weights.size()) - 1;
}

}  // namespace

std::vector<std::int32_t> generate(std::vector<std::int32_t> prompt, std::int64_t batch, std::int64_t seq,
                                   const Logits& logits, const GenerateOptions& options) {
  const RandomKey key = random_key(options.seed, 0, site_hash("generate"));
  std::vector<std::int32_t> text = std::move(prompt);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(batch * seq), 0);
  for (std::int64_t i = 0; i < options.tokens; ++i) {
    const auto length = static_cast<std::int64_t>(text.size());
    const std::int64_t kept = std::min(length, seq);
    for (std::int64_t b = 0; b < batch; ++b) std::copy_n(text.end() - kept, kept, tokens.begin() + b * seq);
    const std::vector<float> all = logits(tokens, kept - 1);
    const auto allowed =
        static_cast<std::size_t>(options.symbols > 0 ? options.symbols : static_cast<std::int64_t>(all.size()));
    const double uniform = random_uniform(key, 0, static_cast<std::uint32_t>(length), 0);
    text.push_back(choose(std::span(all).first(std::min(allowed, all.size())), options.temperature, uniform));
  }
  return text;
}

}  // namespace triaxis
