// A second verifier for tests: slow, and as close to the words of the design as can be, so that the two can be
// compared.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "schedule/verify.h"

namespace triaxis {

/// Tells whether a table of F, B, I, W, sends, receives, REDUCE_GRAD and OPT holds all that its kind promises and can
/// be executed; a lowered one on the medium of `model`.
class PlainCheck {
 public:
  /// Whether neighbouring sends and receives of a row enter their queues together, as the verifier has it.
  enum class Neighbours { kTogether, kOneByOne };

  PlainCheck(const Table& table, ChannelModel model, Neighbours neighbours = Neighbours::kTogether)
      : table_(table), model_(model), neighbours_(neighbours), states_(table.rows.size()) {}

  bool sound() {
    if (!read() || !complete()) return false;
    if (table_.kind == TableKind::kAsynchronous && !updates_fit()) return false;
    return messages_match() && executes();
  }

 private:
  using enum ActionKind;
  using Key = std::tuple<ActionKind, int, int>;  // kind, stage, microbatch

  static Key key_of(Action action) { return {action.kind, action.stage, action.microbatch}; }

  struct Queue {
    std::vector<std::pair<int, std::vector<Key>>> groups;  // the run that they entered in, and they
  };
  struct RankState {
    std::size_t position = 0;
    int run = 0;  // how many times neighbours have entered together
    std::set<Key> done;
    std::map<int, Queue> queues;
  };

  bool has(ActionKind kind, int stage, int microbatch) const { return owner_.contains({kind, stage, microbatch}); }
  int owner(ActionKind kind, int stage, int microbatch) const { return owner_.at({kind, stage, microbatch}); }
  int rank_of(int stage, int microbatch) const { return owner(kForward, stage, microbatch); }

  static bool pairs_fit(const std::vector<Action>& row) {
    const auto backward = [](Action action) { return action.kind == kBackward || action.kind == kBackwardInput; };
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].with_next) continue;
      if (i + 1 == row.size() || row[i + 1].with_next) return false;
      const Action a = row[i];
      const Action b = row[i + 1];
      if (!(a.kind == kForward && backward(b)) && !(b.kind == kForward && backward(a))) return false;
    }
    return true;
  }

  bool read() {
    for (const auto& row : table_.rows)
      if (!pairs_fit(row)) return false;
    for (int rank = 0; rank < table_.ranks; ++rank) {
      for (const Action action : table_.rows[static_cast<std::size_t>(rank)]) {
        if (action.stage >= table_.stages) return false;
        if (action.kind == kUpdate) {
          if (table_.kind != TableKind::kAsynchronous) return false;
          continue;
        }
        if (action.microbatch >= table_.microbatches) return false;
        lowered_ = lowered_ || is_message(action.kind);
        if (action.kind == kReduceGrad) {
          if (!reduced_.insert({rank, action.stage}).second) return false;
        } else if (!owner_.insert({key_of(action), rank}).second) {
          return false;
        }
      }
    }
    return true;
  }

  bool complete() const {
    const bool train = table_.kind != TableKind::kForward;
    std::size_t expected = 0;
    std::set<std::pair<int, int>> trained;
    for (int s = 0; s < table_.stages; ++s) {
      for (int m = 0; m < table_.microbatches; ++m) {
        if (!has(kForward, s, m)) return false;
        const int rank = rank_of(s, m);
        trained.insert({rank, s});
        ++expected;
        if (!train) continue;
        const bool whole = has(kBackward, s, m);
        if (whole == has(kBackwardInput, s, m) || whole == has(kBackwardWeight, s, m)) return false;
        if (whole ? owner(kBackward, s, m) != rank
                  : owner(kBackwardInput, s, m) != rank || owner(kBackwardWeight, s, m) != rank)
          return false;
        expected += whole ? 1 : 2;
      }
    }
    for (int s = 0; lowered_ && s + 1 < table_.stages; ++s) {
      for (int m = 0; m < table_.microbatches; ++m) {
        const int here = rank_of(s, m);
        const int there = rank_of(s + 1, m);
        if (here == there) continue;
        if (!stands(kSendForward, s, m, here) || !stands(kRecvForward, s + 1, m, there)) return false;
        if (train && (!stands(kSendBackward, s + 1, m, there) || !stands(kRecvBackward, s, m, here))) return false;
        expected += train ? 4 : 2;
      }
    }
    return owner_.size() == expected && (reduced_.empty() || (table_.kind == TableKind::kTrain && reduced_ == trained));
  }

  /// What happens to one stage's weights, read off the one row that it stands in.
  struct StageUpdates {
    std::vector<std::set<int>> taken;  // [update], the microbatches whose gradients it takes
    std::map<int, int> newest;         // [microbatch], the newest version where its F stands
  };

  /// Nothing if the stage stands in several rows, its updates are not 0, 1, ..., one takes no gradient or a gradient
  /// has none.
  std::optional<StageUpdates> updates_of(int stage) const {
    StageUpdates result;
    std::set<int> gradients;
    std::set<int> ranks;
    for (int rank = 0; rank < table_.ranks; ++rank) {
      for (const Action action : table_.rows[static_cast<std::size_t>(rank)]) {
        if (action.stage != stage) continue;
        ranks.insert(rank);
        const int version = static_cast<int>(result.taken.size());
        if (action.kind == kForward) result.newest[action.microbatch] = version;
        if (is_weight(action.kind)) gradients.insert(action.microbatch);
        if (action.kind != kUpdate) continue;
        if (action.microbatch != version || gradients.empty()) return std::nullopt;
        result.taken.push_back(std::exchange(gradients, {}));
      }
    }
    return ranks.size() == 1 && gradients.empty() ? std::optional(result) : std::nullopt;
  }

  /// Whether the stages agree about the updates, and each forward finds the version that it takes.
  bool updates_fit() const {
    std::vector<StageUpdates> stages;
    for (int s = 0; s < table_.stages; ++s) {
      const auto updates = updates_of(s);
      if (!updates || (s > 0 && updates->taken != stages[0].taken)) return false;
      stages.push_back(*updates);
    }
    for (const StageUpdates& stage : stages) {
      for (std::size_t update = 0; update < stage.taken.size(); ++update) {
        for (const int m : stage.taken[update]) {
          int version = stage.newest.at(m);
          if (table_.version_rule == VersionRule::kVertical) version = stages[0].newest.at(m);
          if (table_.version_rule == VersionRule::kDouble) version = update == 0 ? 0 : static_cast<int>(update) - 1;
          if (version > stage.newest.at(m)) return false;
        }
      }
    }
    return true;
  }

  bool stands(ActionKind kind, int stage, int microbatch, int rank) const {
    return has(kind, stage, microbatch) && owner(kind, stage, microbatch) == rank;
  }

  /// The send that a receive belongs to; a send itself.
  static Key send_of(const Key& key) {
    const auto [kind, stage, microbatch] = key;
    if (kind == kRecvForward) return {kSendForward, stage - 1, microbatch};
    if (kind == kRecvBackward) return {kSendBackward, stage + 1, microbatch};
    return key;
  }

  std::pair<int, int> channel_of(const Key& send) const {
    const auto [kind, stage, microbatch] = send;
    return {rank_of(stage, microbatch), rank_of(stage + (kind == kSendForward ? 1 : -1), microbatch)};
  }

  bool messages_match() {
    std::map<std::pair<int, int>, std::vector<Key>> received;
    for (const auto& row : table_.rows) {
      for (const Action action : row) {
        if (!is_message(action.kind)) continue;
        const Key send = send_of(key_of(action));
        (is_send(action.kind) ? sent_ : received)[channel_of(send)].push_back(send);
      }
    }
    return sent_ == received;
  }

  /// Whether the tensor that `maker` makes on another rank or this one is there for `rank`.
  bool there(int rank, const Key& maker, const Key& receive) const {
    const int from = owner_.at(maker);
    const auto& state = states_[static_cast<std::size_t>(from)];
    if (!lowered_ || from == rank) return state.done.contains(maker);
    return states_[static_cast<std::size_t>(rank)].done.contains(receive) && moved_.contains(send_of(receive));
  }

  Key backward_of(int stage, int microbatch) const {
    return {has(kBackward, stage, microbatch) ? kBackward : kBackwardInput, stage, microbatch};
  }

  bool ready(int rank, Action action) const {
    const auto& done = states_[static_cast<std::size_t>(rank)].done;
    const int s = action.stage;
    const int m = action.microbatch;
    switch (action.kind) {
      case kForward:
        return s == 0 || there(rank, {kForward, s - 1, m}, {kRecvForward, s, m});
      case kBackward:
      case kBackwardInput:
        return done.contains({kForward, s, m}) &&
               (s + 1 == table_.stages || there(rank, backward_of(s + 1, m), {kRecvBackward, s, m}));
      case kBackwardWeight:
        return done.contains({kBackwardInput, s, m});
      case kSendForward:
        return done.contains({kForward, s, m});
      case kSendBackward:
        return done.contains(backward_of(s, m));
      case kReduceGrad:
        for (const auto& [key, where] : owner_) {
          const auto [kind, stage, microbatch] = key;
          if (where == rank && stage == s && is_weight(kind) && !done.contains(key)) return false;
        }
        return true;
      default:
        return true;
    }
  }

  /// The send whose buffer this one needs, if any.
  std::optional<Key> holder_of(const Key& send) const {
    const auto& sends = sent_.at(channel_of(send));
    const auto own = std::find(sends.begin(), sends.end(), send);
    return own - sends.begin() < 2 ? std::nullopt : std::optional(*(own - 2));
  }

  /// The sends and receives from the rank's position on that enter together.
  std::vector<Action> group_at(int rank) const {
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    std::vector<Action> group;
    std::set<Key> members;
    for (std::size_t i = states_[static_cast<std::size_t>(rank)].position; i < row.size(); ++i) {
      if (!is_message(row[i].kind)) break;
      const auto holder = is_send(row[i].kind) ? holder_of(key_of(row[i])) : std::nullopt;
      if (holder && members.contains(*holder)) break;
      group.push_back(row[i]);
      members.insert(key_of(row[i]));
      if (neighbours_ == Neighbours::kOneByOne) break;
    }
    return group;
  }

  /// Enters the whole group that the rank has come to, if its sends are computed and have buffers.
  bool step_group(int rank) {
    RankState& state = states_[static_cast<std::size_t>(rank)];
    const auto group = group_at(rank);
    for (const Action action : group) {
      const auto holder = is_send(action.kind) ? holder_of(key_of(action)) : std::nullopt;
      if (!ready(rank, action) || (holder && !moved_.contains(*holder))) return false;
    }
    ++state.run;
    for (const Action action : group) {
      enter(rank, key_of(action));
      state.done.insert(key_of(action));
    }
    state.position += group.size();
    return true;
  }

  void enter(int rank, const Key& key) {
    const auto [source, destination] = channel_of(send_of(key));
    const int peer = rank == source ? destination : source;
    int queue = 0;
    if (model_ == ChannelModel::kPerPair) queue = peer;
    if (model_ == ChannelModel::kPerDirection) queue = rank == source ? peer : peer + table_.ranks;
    RankState& state = states_[static_cast<std::size_t>(rank)];
    auto& groups = state.queues[queue].groups;
    if (groups.empty() || groups.back().first != state.run) groups.push_back({state.run, {}});
    groups.back().second.push_back(key);
  }

  /// Executes what the rank has come to, a cell of compute or neighbouring sends and receives, if it can.
  bool step(int rank) {
    RankState& state = states_[static_cast<std::size_t>(rank)];
    const auto& row = table_.rows[static_cast<std::size_t>(rank)];
    if (state.position == row.size()) return false;
    if (is_message(row[state.position].kind)) return step_group(rank);
    const std::size_t end = state.position + (row[state.position].with_next ? 2 : 1);
    for (std::size_t i = state.position; i < end; ++i)
      if (!ready(rank, row[i])) return false;
    for (; state.position < end; ++state.position) state.done.insert(key_of(row[state.position]));
    return true;
  }

  bool at_head(const Key& key) const {
    const auto& queues = states_[static_cast<std::size_t>(owner_.at(key))].queues;
    return std::any_of(queues.begin(), queues.end(), [&](const auto& entry) {
      const auto& groups = entry.second.groups;
      if (groups.empty()) return false;
      const auto& head = groups.front().second;
      return std::find(head.begin(), head.end(), key) != head.end();
    });
  }

  static Key receive_of(const Key& send) {
    const auto [kind, stage, microbatch] = send;
    return kind == kSendForward ? Key{kRecvForward, stage + 1, microbatch} : Key{kRecvBackward, stage - 1, microbatch};
  }

  /// Moves every message that can, then drops the groups that are through.
  bool move() {
    bool any = false;
    for (const auto& [channel, sends] : sent_) {
      for (const Key& send : sends)
        if (!moved_.contains(send) && at_head(send) && at_head(receive_of(send))) any = moved_.insert(send).second;
    }
    for (RankState& state : states_) {
      for (auto& [number, queue] : state.queues) {
        const auto through = [&](const Key& key) { return moved_.contains(send_of(key)); };
        while (!queue.groups.empty() &&
               std::all_of(queue.groups.front().second.begin(), queue.groups.front().second.end(), through)) {
          queue.groups.erase(queue.groups.begin());
          any = true;
        }
      }
    }
    return any;
  }

  bool executes() {
    for (bool any = true; any;) {
      any = false;
      for (int rank = 0; rank < table_.ranks; ++rank)
        while (step(rank)) any = true;
      any = move() || any;
    }
    for (std::size_t rank = 0; rank < states_.size(); ++rank)
      if (states_[rank].position < table_.rows[rank].size()) return false;
    return true;
  }

  const Table& table_;
  const ChannelModel model_;
  const Neighbours neighbours_;
  std::vector<RankState> states_;
  std::map<Key, int> owner_;
  std::set<std::pair<int, int>> reduced_;  // rank, stage
  std::map<std::pair<int, int>, std::vector<Key>> sent_;
  std::set<Key> moved_;
  bool lowered_ = false;
};

}  // namespace triaxis
