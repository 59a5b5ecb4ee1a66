#include "train/elastic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "train/memory_limit.h"
#include "train/plan.h"

namespace triaxis {
namespace {

struct Layout {
  int data = 1;
  int tensor = 1;
  int pipeline = 1;
  int ranks() const { return data * tensor * pipeline; }
};

/// Every layout of at most `slots` ranks and no larger degrees, best first.
std::vector<Layout> candidates(const ParallelConfig& now, int slots) {
  std::vector<Layout> all;
  for (int data = 1; data <= now.data; ++data) {
    for (int tensor = 1; tensor <= now.tensor; ++tensor) {
      for (int pipeline = 1; pipeline <= now.pipeline; ++pipeline) {
        const Layout layout{data, tensor, pipeline};
        if (layout.ranks() <= slots) all.push_back(layout);
      }
    }
  }
  std::ranges::sort(all, {}, [&](const Layout& layout) {
    const bool cuts_the_model_anew = layout.tensor != now.tensor || layout.pipeline != now.pipeline;
    return std::tuple(cuts_the_model_anew, -layout.ranks(), layout.data, -layout.tensor);
  });
  return all;
}

Config with_layout(Config config, const Layout& layout) {
  config.parallel.data = layout.data;
  config.parallel.tensor = layout.tensor;
  config.parallel.pipeline = layout.pipeline;
  return config;
}

/// Throws UserError, saying why not, if the configuration cannot run.
void require_runnable(const Config& config, std::int64_t memory) {
  validate(config);
  const RunPlan plan = plan_run(config);
  std::vector<MemoryBytes> needs;
  for (int rank = 0; rank < plan.grid.ranks(); ++rank) {
    const int stage = plan.grid.coordinates(rank).pipeline;
    needs.push_back(predict_memory(config.model, plan.loads[static_cast<std::size_t>(stage)]));
  }
  check_memory(needs, memory);
}

}  // namespace

Config shrink_layout(const Config& config, int slots, std::int64_t memory) {
  std::string why = "no slot is left";
  for (const Layout& layout : candidates(config.parallel, slots)) {
    Config smaller = with_layout(config, layout);
    try {
      require_runnable(smaller, memory);
      return smaller;
    } catch (const UserError& error) {
      why = fmt::format("the last that was tried, {}, is refused: {}", layout_name(smaller.parallel), error.what());
    }
  }
  throw RunError(fmt::format("no layout of at most {} ranks can take the place of {}; {}", slots,
                             layout_name(config.parallel), why));
}

std::string layout_name(const ParallelConfig& parallel) {
  return fmt::format("{}x{}x{}", parallel.data, parallel.tensor, parallel.pipeline);
}

std::string bits_after_change(const Config& before, const Config& after) {
  std::vector<std::string> changed;
  if (tensor_shards(before) != tensor_shards(after)) {
    changed.push_back(fmt::format("numerics.tensor_shards = 0 means the real degree, {} before and {} now",
                                  before.parallel.tensor, after.parallel.tensor));
  }
  if (data_groups(before) != data_groups(after)) {
    changed.push_back(fmt::format("numerics.data_groups = 0 means the real degree, {} before and {} now",
                                  before.parallel.data, after.parallel.data));
  }
  if (!changed.empty())
    return fmt::format("the bits of further steps differ, because {}", fmt::join(changed, ", and "));
  return fmt::format("the same bits, because the logical partition stays {} tensor shards and {} data groups",
                     tensor_shards(before), data_groups(before));
}

}  // namespace triaxis
