#include "render/blocks.h"

#include <fmt/format.h>

#include "schedule/passes/compute_only.h"

namespace triaxis {
namespace {

std::string label_of(const Table& table, Action action) {
  return table.stages > table.ranks ? action_text(action)
                                    : fmt::format("{}{}", kind_text(action.kind), action.microbatch);
}

/// Blocks of all compute cells; `span_of(rank, position)` tells when each runs.
template <typename SpanOf>
BlockRows blocks_of(const Table& table, SpanOf span_of) {
  BlockRows rows(table.rows.size());
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    const auto& row = table.rows[rank];
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      const auto position = static_cast<std::size_t>(begin);
      const Action action = row[position];
      const Span span = span_of(rank, position);
      if (!is_compute(action.kind) || span.end <= span.start) continue;
      std::string label = label_of(table, action);
      if (end - begin > 1) label += fmt::format("/{}", label_of(table, row[position + 1]));
      rows[rank].push_back({span.start, span.end, action.kind, end - begin > 1, action.stage, std::move(label)});
    }
  }
  return rows;
}

}  // namespace

BlockRows timed_blocks(const Table& table, const Timeline& timeline) {
  return blocks_of(table, [&](std::size_t rank, std::size_t position) { return timeline.spans[rank][position]; });
}

BlockRows step_blocks(const Table& table) {
  const Table computes = compute_only(table);
  const auto steps = steps_of(computes);
  return blocks_of(computes, [&](std::size_t rank, std::size_t position) {
    const double step = steps[rank][position];
    return Span{step, step + 1};
  });
}

}  // namespace triaxis
