#include "schedule/step_timer.h"

#include <algorithm>

namespace triaxis {
namespace {

using enum ActionKind;

bool is_collective(ActionKind kind) { return kind == kUnshard || kind == kReduceGrad; }

/// The entry of `list` whose `key` is `value`, made if there is none. Lists are short: a rank has few stages and peers.
template <typename Entry>
Entry& entry_of(std::vector<Entry>& list, int Entry::*key, int value) {
  for (Entry& entry : list)
    if (entry.*key == value) return entry;
  list.emplace_back().*key = value;
  return list.back();
}

}  // namespace

StepTimer::StepTimer(const Table& table, const TableIndex& index, const Costs& costs)
    : table_(table),
      index_(index),
      durations_(table, costs),
      send_(costs.send),
      transfer_(costs.transfer),
      ranks_(table.rows.size()) {
  spans_.reserve(table.rows.size());
  for (const auto& row : table.rows) spans_.emplace_back(row.size());
  if (transfer_ == 0) return;
  for (const auto& row : table.rows) arrivals_.emplace_back(row.size());
}

void StepTimer::run() {
  for (RankClocks& clocks : ranks_) clocks.collectives.clear();
  walk_all(table_, index_, [this](const Cell& cell, const Waits& waits) { visit(cell, waits); });
}

void StepTimer::visit(const Cell& cell, const Waits& waits) {
  const auto rank = static_cast<std::size_t>(cell.rank);
  const auto& row = table_.rows[rank];
  const Action first = row[static_cast<std::size_t>(cell.begin)];
  RankClocks& clocks = ranks_[rank];
  double start = clocks.compute;
  for (const Wait& wait : waits)
    if (wait.place.rank != cell.rank) start = std::max(start, arrival(wait.place));  // the own row's are over
  if (is_collective(first.kind)) {
    start = std::max(start, clocks.collective);
    clocks.collective = start + durations_.of(first);
    Collectives& done = entry_of(clocks.collectives, &Collectives::stage, first.stage);
    (first.kind == kUnshard ? done.gathered : done.reduced) = clocks.collective;
    spans_[rank][static_cast<std::size_t>(cell.begin)] = {start, clocks.collective};
    return;
  }
  for (int i = cell.begin; i < cell.end && !clocks.collectives.empty(); ++i)
    start = std::max(start, collectives_done(clocks, row[static_cast<std::size_t>(i)]));
  clocks.compute = start + durations_.of_cell(row, cell.begin, cell.end);
  for (int i = cell.begin; i < cell.end; ++i) {
    spans_[rank][static_cast<std::size_t>(i)] = {start, clocks.compute};
    if (transfer_ > 0) send({cell.rank, i}, row[static_cast<std::size_t>(i)], clocks.compute);
  }
}

/// When what another rank made or sent there is on the rank that uses it.
double StepTimer::arrival(Place made) const {
  const auto source = static_cast<std::size_t>(made.rank);
  const auto position = static_cast<std::size_t>(made.position);
  return transfer_ > 0 ? arrivals_[source][position] : spans_[source][position].end + send_;
}

/// When the stage's collectives that stand before the action in the row allow it.
double StepTimer::collectives_done(const RankClocks& clocks, Action action) const {
  for (const Collectives& done : clocks.collectives) {
    if (done.stage != action.stage) continue;
    if (is_compute(action.kind)) return done.gathered;
    if (action.kind == kUpdate) return done.reduced;
  }
  return 0;
}

/// Sends what the action makes, if it goes to another rank, behind what the channel there carries.
void StepTimer::send(Place made, Action action, double end) {
  const int peer = receiver_of(action);
  if (peer < 0 || peer == made.rank) return;
  const auto rank = static_cast<std::size_t>(made.rank);
  Channel& channel = entry_of(ranks_[rank].channels, &Channel::peer, peer);
  channel.free = std::max(end, channel.free) + transfer_;
  arrivals_[rank][static_cast<std::size_t>(made.position)] = channel.free + send_;
}

/// The rank that the action sends a tensor to: in a lowered table a SEND's, else that of the stage that needs what is
/// made; -1 if there is none.
int StepTimer::receiver_of(Action action) const {
  if (index_.lowered()) return is_send(action.kind) ? index_.peer_of(action) : -1;
  const bool backward = action.kind == kBackward || action.kind == kBackwardInput;
  if (action.kind != kForward && !backward) return -1;
  return index_.peer_of(make_action(backward ? kSendBackward : kSendForward, action.stage, action.microbatch));
}

template <typename Visit>
void StepTimer::for_each_clock(Visit visit) {
  for (RankClocks& clocks : ranks_) {
    visit(clocks.compute);
    if (std::isfinite(clocks.collective)) visit(clocks.collective);
    for (Channel& channel : clocks.channels) visit(channel.free);
  }
}

std::vector<double> StepTimer::clocks() {
  std::vector<double> clocks;
  for_each_clock([&](double clock) { clocks.push_back(clock); });
  return clocks;
}

void StepTimer::set_clocks(const std::vector<double>& clocks) {
  std::size_t next = 0;
  for_each_clock([&](double& clock) { clock = clocks[next++]; });
}

}  // namespace triaxis
