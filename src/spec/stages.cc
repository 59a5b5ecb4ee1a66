#include "spec/stages.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Costs of runs of blocks.
class RunCosts {
 public:
  explicit RunCosts(std::span<const double> costs) : sum_(costs.size() + 1, 0.0) {
    std::partial_sum(costs.begin(), costs.end(), sum_.begin() + 1);
  }
  std::size_t blocks() const { return sum_.size() - 1; }
  double operator()(std::size_t first, std::size_t last) const { return sum_[last] - sum_[first]; }

 private:
  std::vector<double> sum_;
};

/// Cuts all blocks into `stages` runs with the least total, by dynamic programming over (stages so far, blocks so far);
/// `extend(total, cost)` is the total of a cut with one more stage of `cost`. RETURNS: the total and where each stage
/// starts.
template <typename Extend>
std::pair<double, std::vector<std::size_t>> best_cut(const RunCosts& cost, std::size_t stages, Extend extend) {
  const std::size_t blocks = cost.blocks();
  const auto at = [blocks](std::size_t s, std::size_t b) { return s * (blocks + 1) + b; };
  std::vector<double> best((stages + 1) * (blocks + 1), kNever);
  std::vector<std::size_t> from(best.size(), 0);
  best[at(0, 0)] = 0.0;
  for (std::size_t s = 1; s <= stages; ++s) {
    for (std::size_t b = s; b <= blocks; ++b) {
      for (std::size_t start = s - 1; start < b; ++start) {
        const double total = extend(best[at(s - 1, start)], cost(start, b));
        if (total < best[at(s, b)]) {
          best[at(s, b)] = total;
          from[at(s, b)] = start;
        }
      }
    }
  }
  std::vector<std::size_t> starts(stages);
  for (std::size_t s = stages, end = blocks; s >= 1; --s) starts[s - 1] = end = from[at(s, end)];
  return {best[at(stages, blocks)], std::move(starts)};
}

}  // namespace

// Two passes, because a part of the best cut need not have the least dearest stage of its own: first the least dearest
// stage, then the least sum of squares among the cuts without a dearer one.
std::vector<StageRange> balance_stages(std::span<const double> costs, std::int64_t stages) {
  check(stages >= 1 && stages <= static_cast<std::int64_t>(costs.size()),
        "stages must be between 1 and the number of blocks");
  const RunCosts cost(costs);
  const auto count = static_cast<std::size_t>(stages);
  const double dearest = best_cut(cost, count, [](double total, double stage) { return std::max(total, stage); }).first;
  const std::vector<std::size_t> starts = best_cut(cost, count, [dearest](double total, double stage) {
                                            return stage <= dearest ? total + stage * stage : kNever;
                                          }).second;
  std::vector<StageRange> ranges;
  for (std::size_t s = 0; s < count; ++s) {
    const std::size_t last = s + 1 < count ? starts[s + 1] : costs.size();
    ranges.push_back({static_cast<std::int64_t>(starts[s]), static_cast<std::int64_t>(last)});
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
