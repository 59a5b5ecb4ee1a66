#include "schedule/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "schedule/generators/generators.h"

namespace triaxis {
namespace {

double whole(const StageCosts& costs) { return costs.forward + costs.backward_input + costs.backward_weight; }

double naive_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  return (r.ranks - 1) * r.microbatches * whole(costs);
}

double flush_bubble(const ScheduleRequest& r, const StageCosts& costs) { return (r.ranks - 1) * whole(costs); }

/// The pipeline fills once, and a last group of fewer than p microbatches leaves gaps at each further stage.
double forward_bubble(const ScheduleRequest& r, const StageCosts& costs) {
  const int last_group = r.microbatches % r.ranks;
  const int gaps = last_group == 0 ? 0 : (r.stages_per_rank - 1) * (r.ranks - last_group);
  return (r.ranks - 1 + gaps) * costs.forward;
}

int one_activation(const ScheduleRequest& /*request*/, int /*rank*/) { return 1; }
int all_activations(const ScheduleRequest& r, int /*rank*/) { return r.microbatches; }
int activations_behind(const ScheduleRequest& r, int rank) { return std::min(r.ranks - rank, r.microbatches); }

constexpr std::array<ScheduleRow, 4> kSchedules = {{
    {.name = "naive",
     .source = "none: the order that needs no schedule",
     .summary = "one microbatch through the whole pipeline and back before the next",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .bubble = naive_bubble,
     .peak_activations = one_activation,
     .generate = generate_naive,
     .bubble_text = "(p-1)m(F+I+W)",
     .peak_text = "1"},
    {.name = "gpipe",
     .source = "GPipe: Huang et al. 2019, arXiv:1811.06965",
     .summary = "all forwards, then all backwards",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .bubble = flush_bubble,
     .peak_activations = all_activations,
     .generate = generate_gpipe,
     .bubble_text = "(p-1)(F+I+W)",
     .peak_text = "m"},
    {.name = "1f1b",
     .source = "PipeDream-Flush: Narayanan et al. 2021, arXiv:2006.09503",
     .summary = "one forward, one backward in turn: the backwards start as early as they can",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .bubble = flush_bubble,
     .peak_activations = activations_behind,
     .generate = generate_1f1b,
     .bubble_text = "(p-1)(F+I+W)",
     .peak_text = "min(p-rank, m)"},
    {.name = "forward",
     .source = "order of the groups: Narayanan et al. 2021, arXiv:2104.04473",
     .summary = "forwards only: validation and generation",
     .kind = TableKind::kForward,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = true,
     .bubble = forward_bubble,
     .peak_activations = one_activation,
     .generate = generate_forward,
     .bubble_text = "(p-1+(v-1)g)F, g = p-(m mod p), or 0 if p divides m",
     .peak_text = "1"},
}};

void require_at_least_one(int value, std::string_view what) {
  if (value < 1) throw UserError(fmt::format("a schedule cannot have {} {}; at least 1 is needed", value, what));
}

/// Keeps the number of actions within what 32-bit positions and a machine's memory hold.
void require_size(const ScheduleRequest& request) {
  constexpr double kMostActions = 1 << 28;
  const double stages = double{1} * request.ranks * request.stages_per_rank;
  if (stages > kMaxStages)
    throw UserError(fmt::format("{} ranks of {} stages: a table has at most {} stages", request.ranks,
                                request.stages_per_rank, kMaxStages));
  if (2 * stages * request.microbatches > kMostActions)
    throw UserError(fmt::format("{} stages and {} microbatches: stages times microbatches may be at most {}", stages,
                                request.microbatches, kMostActions / 2));
}

}  // namespace

std::span<const ScheduleRow> schedules() { return kSchedules; }

const ScheduleRow& find_schedule(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& row : kSchedules) {
    if (row.name == name) return row;
    names.emplace_back(row.name);
  }
  const std::string near = nearest(name, names);
  throw UserError(fmt::format("no schedule is called '{}'{}; there are {}", name,
                              near.empty() ? "" : fmt::format(": did you mean '{}'?", near), fmt::join(names, ", ")));
}

void check_domain(const ScheduleRow& row, const ScheduleRequest& request) {
  require_at_least_one(request.ranks, "ranks");
  require_at_least_one(request.microbatches, "microbatches");
  require_at_least_one(request.stages_per_rank, "stages per rank");
  if (request.stages_per_rank > 1 && !row.many_stages_per_rank) {
    std::vector<std::string_view> others;
    for (const auto& other : kSchedules)
      if (other.many_stages_per_rank) others.push_back(other.name);
    throw UserError(fmt::format("schedule {} has 1 stage a rank, not {}; these can have several: {}", row.name,
                                request.stages_per_rank, fmt::join(others, ", ")));
  }
  require_size(request);
}

Table make_schedule(const ScheduleRow& row, const ScheduleRequest& request) {
  check_domain(row, request);
  Table table;
  table.name = row.name;
  table.kind = row.kind;
  table.ranks = request.ranks;
  table.stages = request.ranks * request.stages_per_rank;
  table.microbatches = request.microbatches;
  table.rows.resize(static_cast<std::size_t>(request.ranks));
  row.generate(request, table);
  return table;
}

Table make_schedule(std::string_view name, const ScheduleRequest& request) {
  return make_schedule(find_schedule(name), request);
}

}  // namespace triaxis
