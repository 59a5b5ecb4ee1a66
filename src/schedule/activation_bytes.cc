#include "schedule/activation_bytes.h"

namespace triaxis {
namespace {

using enum ActionKind;

/// Bytes that an action takes at its start and frees at its end.
struct Change {
  std::int64_t taken = 0;
  std::int64_t freed = 0;
};

Change change_of(const Table& table, const TableIndex& index, std::span<const StageBytes> stages, Action action) {
  const StageBytes& bytes = stages[action.stage];
  const auto saved_by_forward = [&] {
    const bool recomputed = index.find(kRecompute, action.stage, action.microbatch).found();
    return bytes.forward_to_input + bytes.forward_to_weight +
           (recomputed ? bytes.forward_to_recompute : bytes.recompute_to_weight);
  };
  switch (action.kind) {
    case kForward:
      return {saved_by_forward(), table.kind == TableKind::kForward ? saved_by_forward() : 0};
    case kOffload:
      return {0, saved_by_forward()};
    case kFetch:
      return {saved_by_forward(), 0};
    case kRecompute:
      return {bytes.recompute_to_weight, bytes.forward_to_recompute};
    case kBackwardInput:
      return {bytes.input_to_weight, bytes.forward_to_input};
    case kBackwardWeight:
      return {0, bytes.forward_to_weight + bytes.recompute_to_weight + bytes.input_to_weight};
    case kBackward:
      return {0, bytes.forward_to_input + bytes.forward_to_weight + bytes.recompute_to_weight};
    default:
      return {};
  }
}

}  // namespace

std::vector<HeldBytes> held_bytes_of_rank(const Table& table, const TableIndex& index,
                                          std::span<const StageBytes> stages, int rank) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  std::vector<HeldBytes> curve;
  std::int64_t held = 0;
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    Change cell;
    for (int i = begin; i < end; ++i) {
      const Change change = change_of(table, index, stages, row[static_cast<std::size_t>(i)]);
      cell.taken += change.taken;
      cell.freed += change.freed;
    }
    if (cell.taken == 0 && cell.freed == 0) continue;
    const std::int64_t during = held + cell.taken;
    held = during - cell.freed;
    curve.push_back({begin, during, held});
  }
  return curve;
}

std::vector<BytesPeak> bytes_peaks(const Table& table, std::span<const StageBytes> stages) {
  const TableIndex index(table);
  std::vector<BytesPeak> peaks;
  for (int rank = 0; rank < table.ranks; ++rank) {
    BytesPeak& peak = peaks.emplace_back();
    for (const HeldBytes& held : held_bytes_of_rank(table, index, stages, rank))
      if (held.during > peak.bytes) peak = {held.during, held.position};
  }
  return peaks;
}

}  // namespace triaxis
