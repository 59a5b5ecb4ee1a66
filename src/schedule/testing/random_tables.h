// Tables for tests that nobody would write: any order that can be executed, on any ranks.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "schedule/table.h"

namespace triaxis {

/// A train table drawn at random: stages on any ranks and sometimes on two, whole and split backwards, recomputations,
/// OVERLAP_F_B cells, UNSHARD and RESHARD. verify accepts it.
class RandomTable {
 public:
  explicit RandomTable(std::mt19937& random) : random_(random) {
    table_.name = "random";
    table_.ranks = 1 + below(4);
    table_.stages = 1 + below(6);
    table_.microbatches = 1 + below(6);
    table_.rows.resize(static_cast<std::size_t>(table_.ranks));
    for (int stage = 0; stage < table_.stages; ++stage) {
      const auto home = static_cast<std::size_t>(below(table_.ranks));
      homes_.push_back({home, below(4) == 0 ? static_cast<std::size_t>(below(table_.ranks)) : home});
      for (int microbatch = 0; microbatch < table_.microbatches; ++microbatch) add_chain(stage, microbatch);
    }
  }

  Table make() {
    while (!waiting_.empty()) {
      std::vector<Action> ready;
      for (const Action action : waiting_)
        if (is_ready(action)) ready.push_back(action);
      const Action action = ready[static_cast<std::size_t>(below(static_cast<int>(ready.size())))];
      const auto partner = std::find_if(ready.begin(), ready.end(), [&](Action other) { return fit(action, other); });
      if (partner != ready.end() && below(2) == 0) {
        append(action, true);
        append(*partner, false);
      } else {
        append(action, false);
      }
    }
    for (auto& row : table_.rows) shard(row);
    return table_;
  }

 private:
  using enum ActionKind;

  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }

  void add_chain(int stage, int microbatch) {
    const auto add = [&](ActionKind kind) { waiting_.push_back(make_action(kind, stage, microbatch)); };
    add(kForward);
    if (below(4) == 0) add(kRecompute);
    if (below(2) == 0) {
      add(kBackward);
    } else {
      add(kBackwardInput);
      add(kBackwardWeight);
    }
  }

  std::size_t rank_of(Action action) const {
    return homes_[action.stage][static_cast<std::size_t>(action.microbatch % 2)];
  }

  bool waits(ActionKind kind, int stage, int microbatch) const {
    return std::find(waiting_.begin(), waiting_.end(), make_action(kind, stage, microbatch)) != waiting_.end();
  }

  bool is_ready(Action action) const {
    const int s = action.stage;
    const int m = action.microbatch;
    if (action.kind == kForward) return !waits(kForward, s - 1, m);
    if (waits(kForward, s, m)) return false;
    if (action.kind == kRecompute) return true;
    if (action.kind == kBackwardWeight) return !waits(kBackwardInput, s, m);
    return !waits(kRecompute, s, m) && !waits(kBackward, s + 1, m) && !waits(kBackwardInput, s + 1, m);
  }

  /// Whether two ready actions may stand in one OVERLAP_F_B cell.
  bool fit(Action one, Action other) const {
    const auto backward = [](Action action) { return action.kind == kBackward || action.kind == kBackwardInput; };
    return rank_of(one) == rank_of(other) &&
           ((one.kind == kForward && backward(other)) || (backward(one) && other.kind == kForward));
  }

  void append(Action action, bool with_next) {
    std::erase(waiting_, action);
    action.with_next = with_next;
    table_.rows[rank_of(action)].push_back(action);
  }

  /// Gathers some stages before their first compute, and some of them anew in between.
  void shard(std::vector<Action>& row) {
    std::vector<Action> sharded;
    std::set<int> seen;
    bool inside = false;  // an OVERLAP_F_B cell
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int stage = row[i].stage;
      const bool first = seen.insert(stage).second;
      if (first && stage % 2 == 0) {
        const auto at = inside ? sharded.end() - 1 : sharded.end();
        sharded.insert(at, make_action(kUnshard, stage));
      } else if (!first && stage % 2 == 0 && !inside && below(4) == 0) {
        sharded.push_back(make_action(kReshard, stage));
        sharded.push_back(make_action(kUnshard, stage));
      }
      sharded.push_back(row[i]);
      inside = row[i].with_next;
    }
    row = std::move(sharded);
  }

  std::mt19937& random_;
  Table table_;
  std::vector<std::array<std::size_t, 2>> homes_;  // [stage]: the rank of even and of odd microbatches
  std::vector<Action> waiting_;
};

}  // namespace triaxis
