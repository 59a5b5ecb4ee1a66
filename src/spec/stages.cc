#include "spec/stages.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

/// Of a partial cut: compared first by its dearest stage, then by its evenness.
struct Score {
  double dearest = std::numeric_limits<double>::infinity();
  double squares = std::numeric_limits<double>::infinity();

  bool operator<(const Score& other) const {
    return dearest != other.dearest ? dearest < other.dearest : squares < other.squares;
  }
};

}  // namespace

std::vector<StageRange> balance_stages(std::span<const double> costs, std::int64_t stages) {
  const auto blocks = static_cast<std::int64_t>(costs.size());
  check(stages >= 1 && stages <= blocks, "stages must be between 1 and the number of blocks");
  std::vector<double> sum(costs.size() + 1, 0.0);
  std::partial_sum(costs.begin(), costs.end(), sum.begin() + 1);
  const auto at = [&](std::int64_t s, std::int64_t b) { return static_cast<std::size_t>(s * (blocks + 1) + b); };

  // best[s][b]: the best cut of the first b blocks into s stages; from[s][b]: where its last stage starts.
  std::vector<Score> best(static_cast<std::size_t>((stages + 1) * (blocks + 1)));
  std::vector<std::int64_t> from(best.size(), 0);
  best[at(0, 0)] = {0.0, 0.0};
  for (std::int64_t s = 1; s <= stages; ++s) {
    for (std::int64_t b = s; b <= blocks; ++b) {
      for (std::int64_t start = s - 1; start < b; ++start) {
        const Score& head = best[at(s - 1, start)];
        const double cost = sum[static_cast<std::size_t>(b)] - sum[static_cast<std::size_t>(start)];
        const Score score{std::max(head.dearest, cost), head.squares + cost * cost};
        if (score < best[at(s, b)]) {
          best[at(s, b)] = score;
          from[at(s, b)] = start;
        }
      }
    }
  }
  std::vector<StageRange> ranges(static_cast<std::size_t>(stages));
  std::int64_t end = blocks;
  for (std::int64_t s = stages; s >= 1; --s) {
    ranges[static_cast<std::size_t>(s - 1)] = {from[at(s, end)], end};
    end = from[at(s, end)];
  }
  return ranges;
}

std::vector<StageRange> explicit_stages(const Model& model, std::span<const std::int64_t> layers_per_stage) {
  std::vector<StageRange> ranges;
  std::int64_t next = 0;
  for (std::size_t s = 0; s < layers_per_stage.size(); ++s) {
    std::int64_t last = next + layers_per_stage[s];
    if (s == 0) ++last;
    if (s + 1 == layers_per_stage.size()) ++last;
    ranges.push_back({next, last});
    next = last;
  }
  check(next == model.layers + 2, "layers_per_stage must add up to the layers");
  return ranges;
}

}  // namespace triaxis
