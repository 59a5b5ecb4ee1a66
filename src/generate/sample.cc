#include "generate/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

/// RETURNS: the id of the first of the largest.
std::int32_t likeliest(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void check_logits(std::span<const float> logits) {
  for (std::size_t id = 0; id < logits.size(); ++id) {
    if (logits[id] < std::numeric_limits<float>::infinity()) continue;  // not so of NaN
    throw RunError(fmt::format("the model's logit of token {} is {}", id, logits[id]));
  }
}

/// 53 random bits as a number in [0, 1).
double uniform_at(RandomKey key, std::int64_t place) {
  const auto bits = random_bits4(key, static_cast<std::uint64_t>(place), 0, 0);
  const std::uint64_t high = bits[0];
  return static_cast<double>(high << 21 | bits[1] >> 11) * 0x1p-53;
}

}  // namespace

TokenChooser::TokenChooser(const SampleOptions& options)
    : options_(options), key_(random_key(options.seed, 0, site_hash("generate"))) {
  check(options.temperature >= 0 && options.top_k >= 0 && options.top_p > 0 && options.top_p <= 1,
        "temperature >= 0, top_k >= 0, top_p in (0, 1]");
}

std::int32_t TokenChooser::choose(std::span<const float> logits, std::int64_t place) {
  if (options_.symbols > 0) logits = logits.first(std::min(static_cast<std::size_t>(options_.symbols), logits.size()));
  check_logits(logits);
  const std::int32_t first = likeliest(logits);
  const float largest = logits[static_cast<std::size_t>(first)];
  if (!std::isfinite(largest)) throw RunError("all of the model's logits are -infinity");
  if (options_.temperature == 0 || options_.top_k == 1) return first;
  candidates_.clear();
  for (std::size_t id = 0; id < logits.size(); ++id) {
    candidates_.push_back({static_cast<std::int32_t>(id), logits[id], 0});
  }
  keep_top_k();
  weigh(largest);
  keep_top_p();
  return draw(uniform_at(key_, place));
}

bool TokenChooser::is_likelier(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
}

void TokenChooser::keep_top_k() {
  const auto k = static_cast<std::size_t>(options_.top_k);
  if (k == 0 || k >= candidates_.size()) return;
  std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k), candidates_.end(),
                   is_likelier);
  candidates_.resize(k);
}

void TokenChooser::weigh(float largest) {
  // The largest is taken off first, or a small temperature would overflow.
  for (Candidate& candidate : candidates_) {
    candidate.weight = std::exp((static_cast<double>(candidate.logit) - largest) / options_.temperature);
  }
}

void TokenChooser::keep_top_p() {
  // In the order of ids, so that every way to the same candidates draws the same one.
  const auto by_id = [](const Candidate& a, const Candidate& b) { return a.id < b.id; };
  if (options_.top_p < 1) {
    double left = options_.top_p * std::accumulate(candidates_.begin(), candidates_.end(), 0.0,
                                                   [](double sum, const Candidate& c) { return sum + c.weight; });
    // A heap, since few of many are taken: the likeliest moves to the end, again and again.
    const auto is_less_likely = [](const Candidate& a, const Candidate& b) { return is_likelier(b, a); };
    std::make_heap(candidates_.begin(), candidates_.end(), is_less_likely);
    auto taken = candidates_.end();
    while (taken != candidates_.begin() && (left > 0 || taken == candidates_.end())) {
      std::pop_heap(candidates_.begin(), taken, is_less_likely);
      left -= (--taken)->weight;
    }
    candidates_.erase(candidates_.begin(), taken);
  }
  std::sort(candidates_.begin(), candidates_.end(), by_id);
}

std::int32_t TokenChooser::draw(double uniform) const {
  double sum = 0;
  for (const Candidate& candidate : candidates_) sum += candidate.weight;
  double left = uniform * sum;
  std::int32_t chosen = candidates_.front().id;
  for (const Candidate& candidate : candidates_) {
    if (candidate.weight == 0) continue;
    chosen = candidate.id;  // Rounding may leave a little over after the last.
    left -= candidate.weight;
    if (left < 0) break;
  }
  return chosen;
}

}  // namespace triaxis
