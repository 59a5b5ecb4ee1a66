#include "schedule/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "schedule/closed_forms.h"
#include "schedule/generators/generators.h"

namespace triaxis {
namespace {

constexpr std::array<ScheduleRow, 12> kSchedules = {{
    {.name = "naive",
     .source = "none: the order that needs no schedule",
     .summary = "one microbatch through the whole pipeline and back before the next",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .stages_text = "1",
     .bubble = naive_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kAny,
     .bubble_exact = always,
     .peak_activations = one_activation,
     .peak_exact = true,
     .generate = generate_naive,
     .bubble_text = "(p-1)m(F+I+W)",
     .peak_text = "1"},
    {.name = "gpipe",
     .source = "GPipe: Huang et al. 2019, arXiv:1811.06965",
     .summary = "all forwards, then all backwards",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .stages_text = "1",
     .bubble = flush_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kAny,
     .bubble_exact = always,
     .peak_activations = all_activations,
     .peak_exact = true,
     .generate = generate_gpipe,
     .bubble_text = "(p-1)(F+I+W)",
     .peak_text = "m"},
    {.name = "1f1b",
     .source = "PipeDream-Flush: Narayanan et al. 2021, arXiv:2006.09503",
     .summary = "one forward, one backward in turn: the backwards start as early as they can",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .stages_text = "1",
     .bubble = flush_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kAny,
     .bubble_exact = always,
     .peak_activations = activations_behind,
     .peak_exact = true,
     .generate = generate_1f1b,
     .bubble_text = "(p-1)(F+I+W)",
     .peak_text = "min(p-rank, m)"},
    {.name = "interleaved",
     .source = "Megatron-LM: Narayanan et al. 2021, arXiv:2104.04473",
     .summary =
         "1F1B over several stages a rank, depth first: groups of p microbatches pass all stages of a rank in turn",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 2,
     .many_stages_per_rank = true,
     .stages_text = "1 or more",
     .bubble = interleaved_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kAny,
     .bubble_exact = whole_groups_or_one,
     .peak_activations = interleaved_peak,
     .peak_exact = false,
     .generate = generate_interleaved,
     .bubble_text = "(p-1+(v-1)g)(F+I+W), g = p-(m mod p), or 0 if p divides m; at most that if g > 0 and m > p",
     .peak_text = "at most min(vm, (v-1)p+2(p-1-rank)+1)"},
    {.name = "bfs",
     .source = "Lamy-Poirier 2022, arXiv:2211.05953",
     .summary = "breadth first: all microbatches pass a stage before the rank's next one starts",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 2,
     .many_stages_per_rank = true,
     .stages_text = "1 or more",
     .bubble = bfs_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kAny,
     .bubble_exact = always,
     .peak_activations = all_of_all_stages,
     .peak_exact = true,
     .generate = generate_bfs,
     .bubble_text = "(p-1+(v-1)max(0, p-m))(F+I+W)",
     .peak_text = "vm"},
    {.name = "zb-h1",
     .source = "Zero bubble: Qi et al. 2023, arXiv:2401.10241",
     .summary = "1F1B with its backward split: W fills gaps, at 1F1B's memory",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .stages_text = "1",
     .bubble = zb_h1_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kEqual,
     .bubble_exact = always,
     .peak_activations = zb_h1_peak,
     .peak_exact = true,
     .generate = generate_zb_h1,
     .bubble_text = "(p-1)(F+I-W) + max(0, p-m)F if F = I = W",
     .peak_text = "min(p, m)"},
    {.name = "zb-h2",
     .source = "Zero bubble: Qi et al. 2023, arXiv:2401.10241",
     .summary = "split backward and more forwards ahead: no bubble between steps, at nearly twice the memory",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = false,
     .stages_text = "1",
     .bubble = zb_h2_bubble,
     .bubble_of = BubbleOf::kPeriod,
     .bubble_costs = CostsOf::kEqual,
     .bubble_exact = always,
     .peak_activations = zb_h2_peak,
     .peak_exact = true,
     .generate = generate_zb_h2,
     .bubble_text = "(p-1)(F+I-2W) + max(0, 2p-1-m)F of the period if F = I = W: 0 from m = 2p-1 on",
     .peak_text = "min(2p-1, m)"},
    {.name = "zb-v",
     .source = "Qi et al. 2024, arXiv:2405.15362",
     .summary = "two stages a rank in a V, split backward: no bubble between steps, at 1F1B's memory",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 2,
     .many_stages_per_rank = false,
     .stages_text = "2 in a V",
     .bubble = zb_v_bubble,
     .bubble_of = BubbleOf::kPeriod,
     .bubble_costs = CostsOf::kEqual,
     .bubble_exact = always,
     .peak_activations = zb_v_peak,
     .peak_exact = false,
     .generate = generate_zb_v,
     .bubble_text = "max(0, 2p-1-m)(F+I) of the period if F = I = W: 0 from m = 2p-1 on",
     .peak_text = "at most min(2p, 2m)"},
    {.name = "v-half",
     .source = "Qi et al. 2024, arXiv:2405.15362",
     .summary = "two stages a rank in a V, split backward: half of 1F1B's memory",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 2,
     .many_stages_per_rank = false,
     .stages_text = "2 in a V",
     .bubble = v_half_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kEqual,
     .bubble_exact = never,
     .peak_activations = v_half_peak,
     .peak_exact = false,
     .generate = generate_v_half,
     .bubble_text = "at most (7p/2-3+max(0, p-m))F if F = I = W",
     .peak_text = "at most min(2 floor((p+2)/2), 2m)"},
    {.name = "v-min",
     .source = "Qi et al. 2024, arXiv:2405.15362",
     .summary = "two stages a rank in a V, split backward: a third of 1F1B's memory",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 2,
     .many_stages_per_rank = false,
     .stages_text = "2 in a V",
     .bubble = v_min_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kEqual,
     .bubble_exact = never,
     .peak_activations = v_min_peak,
     .peak_exact = false,
     .generate = generate_v_min,
     .bubble_text = "at most (4p-3)F if F = I = W",
     .peak_text = "at most min(2 floor((p+4)/3), 2m)"},
    {.name = "interleaved-zb",
     .source = "arXiv:2104.04473 with the rule of ZB-H1, arXiv:2401.10241; as PyTorch's ScheduleInterleavedZeroBubble",
     .summary = "interleaved with its backward split",
     .kind = TableKind::kTrain,
     .default_stages_per_rank = 2,
     .many_stages_per_rank = true,
     .stages_text = "1 or more",
     .bubble = interleaved_zb_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kEqual,
     .bubble_exact = whole_groups,
     .peak_activations = interleaved_zb_peak,
     .peak_exact = false,
     .generate = generate_interleaved_zb,
     .bubble_text = "(p-1)(F+I-W) if p divides m, else at most (2v-1)(p-(m mod p))F more, if F = I = W",
     .peak_text = "at most min(vp, vm)"},
    {.name = "forward",
     .source = "order of the groups: Narayanan et al. 2021, arXiv:2104.04473",
     .summary = "forwards only: validation and generation",
     .kind = TableKind::kForward,
     .default_stages_per_rank = 1,
     .many_stages_per_rank = true,
     .stages_text = "1 or more",
     .bubble = forward_bubble,
     .bubble_of = BubbleOf::kFlush,
     .bubble_costs = CostsOf::kAny,
     .bubble_exact = always,
     .peak_activations = one_activation,
     .peak_exact = true,
     .generate = generate_forward,
     .bubble_text = "(p-1+(v-1)g)F, g = p-(m mod p), or 0 if p divides m",
     .peak_text = "1"},
}};

void require_at_least_one(int value, std::string_view what) {
  if (value < 1) throw UserError(fmt::format("a schedule cannot have {} {}; at least 1 is needed", value, what));
}

void require_stages_per_rank(const ScheduleRow& row, int stages) {
  const int only = row.default_stages_per_rank;
  if (row.many_stages_per_rank || stages == only) return;
  std::vector<std::string_view> others;
  for (const auto& other : kSchedules)
    if (other.many_stages_per_rank || other.default_stages_per_rank == stages) others.push_back(other.name);
  throw UserError(fmt::format("schedule {} has {} stage{} a rank, not {}; these can have {}: {}", row.name, only,
                              only == 1 ? "" : "s", stages, stages, fmt::join(others, ", ")));
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
  require_stages_per_rank(row, request.stages_per_rank);
  require_size(request);
  if (request.update_every < 0)
    throw UserError(fmt::format("an update cannot take {} microbatches; at least 1 is needed", request.update_every));
  if (row.kind != TableKind::kAsynchronous && (request.update_every > 0 || request.version_rule)) {
    throw UserError(
        fmt::format("schedule {} updates once, at the end of its step; only asynchronous schedules have "
                    "microbatches an update and a rule of versions",
                    row.name));
  }
  if (row.outside == nullptr) return;
  const std::string valid = row.outside(request);
  if (!valid.empty()) throw UserError(fmt::format("schedule {}: {}", row.name, valid));
}

Table make_schedule(const ScheduleRow& row, const ScheduleRequest& request) {
  check_domain(row, request);
  Table table;
  table.name = row.name;
  table.kind = row.kind;
  table.ranks = request.ranks;
  table.stages = request.ranks * request.stages_per_rank / row.replicas;
  table.microbatches = request.microbatches;
  table.rows.resize(static_cast<std::size_t>(request.ranks));
  row.generate(request, table);
  return table;
}

Table make_schedule(std::string_view name, const ScheduleRequest& request) {
  return make_schedule(find_schedule(name), request);
}

}  // namespace triaxis
