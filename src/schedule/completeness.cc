#include "schedule/completeness.h"

#include <fmt/format.h>

#include <utility>

#include "schedule/dependencies.h"

namespace triaxis {
namespace {

using enum ActionKind;

bool fits(ActionKind kind, TableKind table) {
  if (kind == kUpdate) return table == TableKind::kAsynchronous;
  if (kind == kReduceGrad) return table == TableKind::kTrain;
  const bool forward_too =
      kind == kForward || kind == kSendForward || kind == kRecvForward || kind == kUnshard || kind == kReshard;
  return forward_too || table != TableKind::kForward;
}

/// An action that the table lacks; `sibling` is another one of its stage and microbatch, which tells the rank.
UserError missing(const Table& table, Action action, Place sibling) {
  return UserError(fmt::format("schedule {}: {}: {} is missing; {} stages and {} microbatches are in the table",
                               table.name, sibling.found() ? fmt::format("rank {}", sibling.rank) : "every rank",
                               action_text(action), table.stages, table.microbatches));
}

/// Every stage's actions for every microbatch, all on one rank.
void check_microbatch(const Table& table, const TableIndex& index, int stage, int microbatch) {
  const Place forward = index.find(kForward, stage, microbatch);
  const Place input = index.backward(stage, microbatch);
  const Place weight = index.weight(stage, microbatch);
  if (!forward.found()) throw missing(table, make_action(kForward, stage, microbatch), input);
  if (table.kind == TableKind::kForward) return;
  const bool split =
      index.find(kBackwardInput, stage, microbatch).found() || index.find(kBackwardWeight, stage, microbatch).found();
  const bool whole = index.find(kBackward, stage, microbatch).found();
  if (split && whole) throw table_error(table, weight, "its I or W stands in the table too");
  if (!input.found()) throw missing(table, make_action(split ? kBackwardInput : kBackward, stage, microbatch), forward);
  if (!weight.found()) throw missing(table, make_action(kBackwardWeight, stage, microbatch), forward);
  const Place offload = index.find(kOffload, stage, microbatch);
  if (offload.found() && !index.find(kFetch, stage, microbatch).found())
    throw table_error(table, offload, "its FETCH is missing, so the backward would lack what was moved out");
}

void check_rank(const Table& table, const TableIndex& index, Place place, Action action) {
  const int owner = index.rank_of(action.stage, action.microbatch);
  if (owner != place.rank) {
    throw table_error(
        table, place,
        fmt::format("{}F{} runs on rank {}, so this has to stand there", action.stage, action.microbatch, owner));
  }
  if (!is_message(action.kind)) return;
  const int peer = index.peer_of(action);
  if (peer < 0) throw table_error(table, place, "there is no stage on the other side");
  if (peer == place.rank) throw table_error(table, place, "both stages are on this rank, so nothing is sent");
}

void check_waits(const Table& table, const TableIndex& index, Place place, Action action, int cell_begin) {
  for (const Wait& wait : waits_of(index, place.rank, action)) {
    if (!wait.place.found()) {
      const std::string what =
          action.kind == kReduceGrad ? "a backward of its stage on its rank" : action_text(wait.action);
      throw table_error(table, place, fmt::format("needs {}, which the table lacks", what));
    }
    if (wait.place.rank == place.rank && wait.place.position >= cell_begin) {
      throw table_error(table, place,
                        fmt::format("needs {}, which stands later in the row, at action {}", action_text(wait.action),
                                    wait.place.position));
    }
  }
}

bool is_input_gradient(ActionKind kind) { return kind == kBackward || kind == kBackwardInput; }

void check_cell(const Table& table, Place begin, const std::vector<Action>& row, int end) {
  const Action first = row[static_cast<std::size_t>(begin.position)];
  if (!first.with_next) return;
  if (end - begin.position != 2) throw table_error(table, begin, "OVERLAP_F_B joins two actions");
  const Action second = row[static_cast<std::size_t>(begin.position) + 1];
  const bool forward_backward = first.kind == kForward && is_input_gradient(second.kind);
  const bool backward_forward = second.kind == kForward && is_input_gradient(first.kind);
  if (!forward_backward && !backward_forward) throw table_error(table, begin, "OVERLAP_F_B joins an F and a B or I");
}

/// UNSHARD and RESHARD in turn, and where a rank unshards a stage, compute on it only in between.
class ShardState {
 public:
  explicit ShardState(const Table& table) : table_(table), gathered_(static_cast<std::size_t>(table.stages), kNever) {}

  void start_row(const std::vector<Action>& row) {
    for (const Action action : row) gathered_[action.stage] = kAbsent;
    for (const Action action : row)
      if (action.kind == kForward) gathered_[action.stage] = kNever;
    for (const Action action : row)
      if (action.kind == kUnshard && gathered_[action.stage] != kAbsent) gathered_[action.stage] = kAway;
  }

  void step(Place place, Action action) {
    State& state = gathered_[action.stage];
    if ((action.kind == kUnshard || action.kind == kReshard) && state == kAbsent)
      throw table_error(table_, place, "no F of its stage stands in the row");
    if (action.kind == kUnshard) {
      if (state == kHere) throw table_error(table_, place, "the stage's parameters are gathered already");
      state = kHere;
    } else if (action.kind == kReshard) {
      if (state != kHere) throw table_error(table_, place, "the stage's parameters are not gathered");
      state = kAway;
    } else if (is_compute(action.kind) && state == kAway) {
      throw table_error(table_, place, "needs the stage's UNSHARD before it");
    }
  }

 private:
  enum State : std::uint8_t { kAbsent, kNever, kAway, kHere };
  const Table& table_;
  std::vector<State> gathered_;
};

/// Whether the row's actions belong in the table and on the rank.
void check_residence(const Table& table, const TableIndex& index, int rank) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  for (int position = 0; position < static_cast<int>(row.size()); ++position) {
    const Place place{rank, position};
    const Action action = row[static_cast<std::size_t>(position)];
    if (!fits(action.kind, table.kind))
      throw table_error(table, place,
                        fmt::format("does not belong in {} {} table",
                                    table.kind == TableKind::kAsynchronous ? "an" : "a", kind_text(table.kind)));
    if (has_microbatch(action.kind) && action.kind != kUpdate) check_rank(table, index, place, action);
  }
}

/// Whether the row's actions stand after what they wait for.
void check_row(const Table& table, const TableIndex& index, int rank, ShardState& shards) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  shards.start_row(row);
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    check_cell(table, {rank, begin}, row, end);
    for (int position = begin; position < end; ++position) {
      check_waits(table, index, {rank, position}, row[static_cast<std::size_t>(position)], begin);
      shards.step({rank, position}, row[static_cast<std::size_t>(position)]);
    }
  }
}

/// Either no stage has a REDUCE_GRAD, or every stage of every rank has one.
void check_reductions(const Table& table, const std::vector<std::vector<int>>& stages_of) {
  std::vector<int> reduced_by(static_cast<std::size_t>(table.stages), -1);  // [stage], the last rank that reduces it
  bool any = false;
  Place lacking;
  Action lacked;
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position) {
      const Action action = row[static_cast<std::size_t>(position)];
      if (action.kind != kReduceGrad) continue;
      any = true;
      if (std::exchange(reduced_by[action.stage], rank) == rank)
        throw table_error(table, {rank, position}, "stands twice in the row");
    }
    for (const int stage : stages_of[static_cast<std::size_t>(rank)]) {
      if (lacking.found() || reduced_by[static_cast<std::size_t>(stage)] == rank) continue;
      lacking = {rank, 0};
      lacked = make_action(kReduceGrad, stage);
    }
  }
  if (any && lacking.found()) throw missing(table, lacked, lacking);
}

}  // namespace

void check_complete(const Table& table, const TableIndex& index, const std::vector<std::vector<int>>& stages_of) {
  for (int stage = 0; stage < table.stages; ++stage)
    for (int microbatch = 0; microbatch < table.microbatches; ++microbatch)
      check_microbatch(table, index, stage, microbatch);
  for (int rank = 0; rank < table.ranks; ++rank) check_residence(table, index, rank);
  ShardState shards(table);
  for (int rank = 0; rank < table.ranks; ++rank) check_row(table, index, rank, shards);
  check_reductions(table, stages_of);
}

}  // namespace triaxis
