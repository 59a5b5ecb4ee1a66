// Text from a model that is being trained: its ranks run the whole sequence for every token.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace triaxis {

struct GenerateOptions {
  std::int64_t tokens = 200;
  double temperature = 0.8;
  std::uint64_t seed = 1;
  std::int64_t symbols = 0;  ///< the tokenizer's: ids from here on are never chosen
};

/// RETURNS: the logits [vocab] after `position` of the first of the sequences `tokens` [batch * seq].
using Logits = std::function<std::vector<float>(std::span<const std::int32_t> tokens, std::int64_t position)>;

/// Continues `prompt` and returns it with what was added. Without a cache: every token runs the whole sequence, of
/// which the newest seq tokens are kept. Random choices depend on the seed and the place alone, so all ranks choose the
/// same. REQUIRES: a prompt of at least one token.
std::vector<std::int32_t> generate(std::vector<std::int32_t> prompt, std::int64_t batch, std::int64_t seq,
                                   const Logits& logits, const GenerateOptions& options);

}  // namespace triaxis
