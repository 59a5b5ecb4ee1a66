// Where sends and receives go.
//
// All messages of the table are put in one order: by the time at which the sender has computed them when every action
// takes one unit, ties by how far along the microbatch's way they are. Each row holds its sends and receives in that
// one order. This is enough for freedom from deadlock. Take the first message in the order that has not moved. In both
// rows that hold it, everything before it in its row is done: messages, since they are earlier in the order and have
// moved; computes, since what they use was received before them in their row; send buffers, since the send two before
// has moved. So it stands in the head group of both queues, whatever they hold together, and it moves.
//
// A receive may move up in its row past computes without changing the order of messages, and down as far as the compute
// that uses it. It is posted one compute ahead of its use, so that the tensor travels while that compute runs, and no
// earlier (each posted receive is a buffer), unless a message that follows it in the order has to stand before that.

#include "schedule/passes/lower.h"

#include <algorithm>
#include <tuple>

#include "schedule/dependencies.h"
#include "schedule/timing.h"

namespace triaxis {
namespace {

using enum ActionKind;

/// A tensor that one rank makes and another uses.
struct Transfer {
  Place made;
  Place used;
  double time = 0;  // when it is made
  int depth = 0;    // how far along the microbatch's way through the pipeline and back it is made
};

/// What travels between ranks, in the order of the proof above.
std::vector<Transfer> ordered_transfers(const Table& table) {
  const TableIndex index(table);
  check(!index.lowered(), "the table has its sends and receives already");
  const Timeline timeline = time_table(table, Costs{});
  std::vector<Transfer> transfers;
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position) {
      for (const auto& [made, place] : waits_of(index, rank, row[static_cast<std::size_t>(position)])) {
        if (place.rank == rank) continue;
        const int depth = made.kind == kForward ? made.stage : 2 * table.stages - 1 - made.stage;
        const auto& spans = timeline.spans[static_cast<std::size_t>(place.rank)];
        transfers.push_back({place, {rank, position}, spans[static_cast<std::size_t>(place.position)].end, depth});
      }
    }
  }
  std::sort(transfers.begin(), transfers.end(), [](const Transfer& a, const Transfer& b) {
    return std::tuple(a.time, a.depth, a.made.rank, a.made.position) <
           std::tuple(b.time, b.depth, b.made.rank, b.made.position);
  });
  return transfers;
}

/// A send or receive of one row.
struct Insertion {
  Action action;
  int position = 0;  // of the action of the compute-only row that it stands before
};

/// One row's cells, by position.
struct RowCells {
  std::vector<int> end;            // of the cell that the action stands in
  std::vector<int> compute_ahead;  // where the compute cell before it begins; its own cell's begin if there is none
};

RowCells cells_of(const std::vector<Action>& row) {
  RowCells cells;
  int compute = -1;
  for (int begin = 0; begin < static_cast<int>(row.size()); begin = cells.end.back()) {
    const int end = cell_end(row, begin);
    const auto members = static_cast<std::size_t>(end - begin);
    cells.end.insert(cells.end.end(), members, end);
    cells.compute_ahead.insert(cells.compute_ahead.end(), members, compute < 0 ? begin : compute);
    if (is_compute(row[static_cast<std::size_t>(begin)].kind)) compute = begin;
  }
  return cells;
}

/// Moves receives to where they may stand, the order of the insertions kept.
void settle(std::vector<Insertion>& insertions) {
  for (std::size_t i = insertions.size(); i-- > 1;) {
    auto& before = insertions[i - 1];
    if (is_receive(before.action.kind)) before.position = std::min(before.position, insertions[i].position);
  }
  int floor = 0;
  for (auto& insertion : insertions) insertion.position = floor = std::max(floor, insertion.position);
}

std::vector<Action> merged(const std::vector<Action>& row, const std::vector<Insertion>& insertions) {
  std::vector<Action> result;
  result.reserve(row.size() + insertions.size());
  auto next = insertions.begin();
  for (int position = 0; position <= static_cast<int>(row.size()); ++position) {
    for (; next != insertions.end() && next->position == position; ++next) result.push_back(next->action);
    if (position < static_cast<int>(row.size())) result.push_back(row[static_cast<std::size_t>(position)]);
  }
  return result;
}

}  // namespace

Table lower(const Table& table) {
  std::vector<RowCells> cells;
  for (const auto& row : table.rows) cells.push_back(cells_of(row));
  std::vector<std::vector<Insertion>> insertions(table.rows.size());
  for (const Transfer& transfer : ordered_transfers(table)) {
    const auto source = static_cast<std::size_t>(transfer.made.rank);
    const auto destination = static_cast<std::size_t>(transfer.used.rank);
    const Action producer = action_at(table, transfer.made);
    const Action consumer = action_at(table, transfer.used);
    const bool forward = producer.kind == kForward;
    insertions[source].push_back(
        {make_action(forward ? kSendForward : kSendBackward, producer.stage, producer.microbatch),
         cells[source].end[static_cast<std::size_t>(transfer.made.position)]});
    insertions[destination].push_back(
        {make_action(forward ? kRecvForward : kRecvBackward, consumer.stage, consumer.microbatch),
         cells[destination].compute_ahead[static_cast<std::size_t>(transfer.used.position)]});
  }
  Table lowered = table;
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    settle(insertions[rank]);
    lowered.rows[rank] = merged(table.rows[rank], insertions[rank]);
  }
  return lowered;
}

}  // namespace triaxis
