#include "generate/generate.h"

#include <algorithm>

#include "generate/sample.h"

namespace triaxis {

std::vector<std::int32_t> generate(std::vector<std::int32_t> prompt, std::int64_t batch, std::int64_t seq,
                                   const Logits& logits, const GenerateOptions& options) {
  TokenChooser chooser({.temperature = options.temperature, .seed = options.seed, .symbols = options.symbols});
  std::vector<std::int32_t> text = std::move(prompt);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(batch * seq), 0);
  for (std::int64_t i = 0; i < options.tokens; ++i) {
    const auto length = static_cast<std::int64_t>(text.size());
    const std::int64_t kept = std::min(length, seq);
    for (std::int64_t b = 0; b < batch; ++b) std::copy_n(text.end() - kept, kept, tokens.begin() + b * seq);
    text.push_back(chooser.choose(logits(tokens, kept - 1), length));
  }
  return text;
}

}  // namespace triaxis
