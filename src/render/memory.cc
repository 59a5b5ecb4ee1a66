#include "render/memory.h"

namespace triaxis {

std::vector<MemoryPoint> memory_of_rank(const Table& table, const Timeline& timeline, int rank) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  const auto& spans = timeline.spans[static_cast<std::size_t>(rank)];
  const bool forward_only = table.kind == TableKind::kForward;
  std::vector<MemoryPoint> points;
  int held = 0;
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    int taken = 0;
    int released = 0;
    for (int i = begin; i < end; ++i) {
      const ActionKind kind = row[static_cast<std::size_t>(i)].kind;
      taken += kind == ActionKind::kForward ? 1 : 0;
      released += is_weight(kind) || (forward_only && kind == ActionKind::kForward) ? 1 : 0;
    }
    const Span span = spans[static_cast<std::size_t>(begin)];
    if (taken > 0) points.push_back({span.start, held += taken});
    if (released > 0) points.push_back({span.end, held -= released});
  }
  return points;
}

}  // namespace triaxis
