#include "render/blocks.h"

#include <fmt/format.h>

#include "schedule/passes/compute_only.h"

namespace triaxis {
namespace {

bool draws(ActionKind kind) { return is_compute(kind) || kind == ActionKind::kUpdate; }

/// Labels the actions of a table, with their stages where a rank has several.
class Labels {
 public:
  explicit Labels(const Table& table) {
    for (const auto& stages : stages_of_ranks(table)) with_stages_ = with_stages_ || stages.size() > 1;
  }

  std::string of(Action action) const {
    return with_stages_ ? action_text(action) : fmt::format("{}{}", kind_text(action.kind), action.microbatch);
  }

  /// Of the cell begin..end-1.
  std::string of(const std::vector<Action>& row, int begin, int end) const {
    std::string text = of(row[static_cast<std::size_t>(begin)]);
    for (int i = begin + 1; i < end; ++i) text += fmt::format("/{}", of(row[static_cast<std::size_t>(i)]));
    return text;
  }

 private:
  bool with_stages_ = false;
};

/// Blocks of all cells of compute and updates; `span_of(rank, position)` tells when each runs.
template <typename SpanOf>
BlockRows blocks_of(const Table& table, SpanOf span_of) {
  const Labels labels(table);
  BlockRows rows(table.rows.size());
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    const auto& row = table.rows[rank];
    auto& blocks = rows[rank];
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      const Action action = row[static_cast<std::size_t>(begin)];
      const Span span = span_of(rank, static_cast<std::size_t>(begin));
      if (!draws(action.kind)) continue;
      if (span.end > span.start) {
        blocks.push_back(
            {span.start, span.end, action.kind, end - begin > 1, action.stage, labels.of(row, begin, end), {}});
      } else if (action.kind == ActionKind::kUpdate && !blocks.empty()) {
        std::string& updates = blocks.back().updates;
        updates += fmt::format("{}{}", updates.empty() ? "" : " ", labels.of(action));
      }
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
