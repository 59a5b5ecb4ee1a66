// A second timer for tests: slow, and as close to the words of timing.h as can be, so that the two can be compared.
#pragma once

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "schedule/timing.h"

namespace triaxis {

/// Moves every action to where its row and what it needs put it, until none moves.
class PlainTimer {
 public:
  /// REQUIRES: a table that verify accepts.
  PlainTimer(const Table& table, const Costs& costs) : table_(table), costs_(costs) {
    for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
      spans_.emplace_back(table.rows[rank].size());
      for (const Action action : table.rows[rank]) {
        lowered_ = lowered_ || is_message(action.kind);
        makers_[key_of(action)] = rank;
      }
    }
  }

  Spans spans() {
    for (moved_ = true; moved_;) {
      moved_ = false;
      for (std::size_t rank = 0; rank < table_.rows.size(); ++rank) pass(rank);
    }
    return spans_;
  }

  double makespan() const {
    double last = 0;
    for (const auto& row : spans_)
      for (const Span& span : row) last = std::max(last, span.end);
    return last;
  }

  double busy(std::size_t rank) const {
    double sum = 0;
    for (std::size_t i = 0; i < spans_[rank].size(); ++i) {
      const Action action = table_.rows[rank][i];
      const bool second = i > 0 && table_.rows[rank][i - 1].with_next;
      if (!collective(action) && !second) sum += spans_[rank][i].end - spans_[rank][i].start;
    }
    return sum;
  }

 private:
  using enum ActionKind;
  using Key = std::tuple<ActionKind, int, int>;  // B stands as I: the gradient of the input

  static Key key_of(Action action) {
    return {action.kind == kBackward ? kBackwardInput : action.kind, action.stage, action.microbatch};
  }

  static bool collective(Action action) { return action.kind == kUnshard || action.kind == kReduceGrad; }

  static double value(const std::vector<double>& list, int stage) {
    return list.size() == 1 ? list.front() : list[static_cast<std::size_t>(stage)];
  }

  double cost(Action action) const {
    const int s = action.stage;
    if (action.kind == kForward) return value(costs_.forward, s);
    if (action.kind == kRecompute) return value(costs_.recompute.empty() ? costs_.forward : costs_.recompute, s);
    if (action.kind == kBackwardInput) return value(costs_.backward_input, s);
    if (action.kind == kBackwardWeight) return value(costs_.backward_weight, s);
    if (action.kind == kBackward) return value(costs_.backward_input, s) + value(costs_.backward_weight, s);
    if (action.kind == kUnshard) return value(costs_.gather, s);
    if (action.kind == kReduceGrad) return value(costs_.reduce, s);
    return action.kind == kUpdate ? value(costs_.update, s) : 0;
  }

  /// When the tensor that the maker makes, if there is one, is on the rank.
  double there(std::size_t rank, const Key& maker) {
    const auto made_on = makers_.find(maker);
    if (made_on == makers_.end()) return 0;
    return made_on->second == rank ? made_[maker] : arrived_[maker];
  }

  double needed(std::size_t rank, Action action, std::map<int, double>& gathered, std::map<int, double>& reduced) {
    const int s = action.stage;
    const int m = action.microbatch;
    double time = is_compute(action.kind) ? gathered[s] : 0;
    if (action.kind == kUpdate) time = reduced[s];
    if (action.kind == kForward) time = std::max(time, there(rank, {kForward, s - 1, m}));
    if (action.kind == kBackward || action.kind == kBackwardInput)
      time = std::max(time, there(rank, {kBackwardInput, s + 1, m}));
    return time;
  }

  /// What the action sends, and the stage it goes to.
  std::pair<Key, int> sent(Action action) const {
    const bool forward = action.kind == (lowered_ ? kSendForward : kForward);
    const bool backward = lowered_ ? action.kind == kSendBackward : std::get<0>(key_of(action)) == kBackwardInput;
    const int to = forward ? action.stage + 1 : backward ? action.stage - 1 : -1;
    return {{forward ? kForward : kBackwardInput, action.stage, action.microbatch}, to};
  }

  void pass(std::size_t rank) {
    const auto& row = table_.rows[rank];
    double free = 0;
    double stream = 0;
    std::map<std::size_t, double> channels;
    std::map<int, double> gathered;
    std::map<int, double> reduced;
    for (std::size_t begin = 0, end = 0; begin < row.size(); begin = end) {
      for (end = begin + 1; row[end - 1].with_next;) ++end;
      double start = collective(row[begin]) ? std::max(free, stream) : free;
      double length = 0;
      for (std::size_t i = begin; i < end; ++i) {
        start = std::max(start, needed(rank, row[i], gathered, reduced));
        length += cost(row[i]);
      }
      if (end - begin > 1) length = costs_.overlapped.value_or(length);
      const double done = start + length;
      (collective(row[begin]) ? stream : free) = done;
      if (row[begin].kind == kUnshard) gathered[row[begin].stage] = done;
      if (row[begin].kind == kReduceGrad) reduced[row[begin].stage] = done;
      for (std::size_t i = begin; i < end; ++i) {
        moved_ = moved_ || spans_[rank][i].end != done || spans_[rank][i].start != start;
        spans_[rank][i] = {start, done};
        made_[key_of(row[i])] = done;
        const auto [tensor, to] = sent(row[i]);
        const auto receiver = makers_.find({kForward, to, row[i].microbatch});
        if (receiver == makers_.end() || receiver->second == rank) continue;
        double& channel = channels[receiver->second];
        channel = std::max(channel, done) + costs_.transfer;
        arrived_[tensor] = channel + costs_.send;
      }
    }
  }

  const Table& table_;
  const Costs& costs_;
  bool lowered_ = false;
  bool moved_ = false;
  std::map<Key, std::size_t> makers_;  // the rank of what makes a tensor
  std::map<Key, double> made_;
  std::map<Key, double> arrived_;
  Spans spans_;
};

}  // namespace triaxis
