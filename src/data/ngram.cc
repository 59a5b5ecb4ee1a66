#include "data/ngram.h"

#include <cmath>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace triaxis {

NgramLosses ngram_losses(std::span<const Token> training, std::span<const Token> validation, int64_t symbols) {
  check(validation.size() >= 2, "baselines are measured on pairs of tokens");
  const auto v = static_cast<size_t>(symbols);
  const auto key = [](Token a, Token b) { return uint64_t{a} << 32 | b; };
  std::vector<int64_t> single(v);
  std::unordered_map<uint64_t, int64_t> pair;
  std::vector<int64_t> followed(v);
  for (size_t i = 0; i < training.size(); ++i) {
    check(training[i] < v, "a token is below the number of symbols");
    ++single[training[i]];
    if (i == 0) continue;
    ++pair[key(training[i - 1], training[i])];
    ++followed[training[i - 1]];
  }
  const auto nats = [&](int64_t count, int64_t total) {
    return std::log(static_cast<double>(total + symbols) / static_cast<double>(count + 1));
  };
  NgramLosses losses;
  for (size_t i = 1; i < validation.size(); ++i) {
    const Token a = validation[i - 1];
    const Token b = validation[i];
    check(a < v && b < v, "a token is below the number of symbols");
    losses.unigram += nats(single[b], static_cast<int64_t>(training.size()));
    const auto found = pair.find(key(a, b));
    losses.bigram += nats(found == pair.end() ? 0 : found->second, followed[a]);
  }
  const auto predicted = static_cast<double>(validation.size() - 1);
  return {losses.unigram / predicted, losses.bigram / predicted};
}

}  // namespace triaxis
