// Ways to damage a table, for tests of what the verifier catches.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "schedule/table.h"

namespace triaxis {

/// One action of a table dropped, moved and so on.
enum class Damage {
  kDropped,
  kDoubled,           // again somewhere in some row
  kMoved,             // to another rank
  kSwappedDependent,  // with one that it needs
  kSwapped,           // with any of its row
  kShifted,           // within its row
  kHoisted,           // a receive, up in its row
  kRenumbered,        // with another stage, microbatch or number of an update
  kRetyped,           // with another kind
  kPaired,            // in an OVERLAP_F_B cell with the next, or no longer
  kRuled,             // the table's rule of versions changed
};
inline constexpr int kDamages = 11;

/// Damages tables at random places.
class Damager {
 public:
  explicit Damager(unsigned seed) : random_(seed) {}

  int below(std::size_t bound) { return static_cast<int>(random_() % bound); }

  /// Damages the table. RETURNS: whether the damage breaks the meaning of any table, so that it must be caught; nothing
  /// if none was done.
  std::optional<bool> damage(Table& table, Damage kind) {
    const Place place = any_place(table);
    if (!place.found()) return std::nullopt;
    auto& row = row_at(table, place);
    Action& action = row[static_cast<std::size_t>(place.position)];
    switch (kind) {
      case Damage::kDropped:
        return take(table, place).kind != ActionKind::kReduceGrad || table.ranks > 1;
      case Damage::kDoubled:
        put(table, below(table.rows.size()), Action(action));
        return true;
      case Damage::kMoved:
        if (table.ranks == 1) return std::nullopt;
        put(table, (place.rank + 1 + below(table.rows.size() - 1)) % table.ranks, take(table, place));
        return table.kind != TableKind::kForward || lowered(table);  // else a stage may have another rank
      case Damage::kSwappedDependent:
        if (!swap_dependent(table, place)) return std::nullopt;
        return table.kind != TableKind::kAsynchronous || table.stages > 1;  // stages disagree about the update
      case Damage::kSwapped:
        std::swap(action, row[static_cast<std::size_t>(below(row.size()))]);
        return false;
      case Damage::kShifted:
        put(table, place.rank, take(table, place));
        return false;
      case Damage::kHoisted:
        if (!is_receive(action.kind)) return std::nullopt;
        row.insert(row.begin() + below(static_cast<std::size_t>(place.position) + 1), take(table, place));
        return false;
      case Damage::kRenumbered:
        renumber(table, action);
        return false;
      case Damage::kRetyped:
        retype(action);
        return false;
      case Damage::kPaired:
        action.with_next = !action.with_next;
        return false;
      case Damage::kRuled:
        if (table.kind != TableKind::kAsynchronous) return std::nullopt;
        table.version_rule = static_cast<VersionRule>((static_cast<int>(table.version_rule) + 1 + below(2)) % 3);
        return false;
    }
    return std::nullopt;
  }

 private:
  static std::vector<Action>& row_at(Table& table, Place place) {
    return table.rows[static_cast<std::size_t>(place.rank)];
  }

  static bool lowered(const Table& table) {
    return std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
      return std::any_of(row.begin(), row.end(), [](Action action) { return is_message(action.kind); });
    });
  }

  /// The place of any action; not found() if there is none.
  Place any_place(const Table& table) {
    std::size_t actions = 0;
    for (const auto& row : table.rows) actions += row.size();
    if (actions == 0) return {};
    Place place{0, below(actions)};
    for (; place.position >= static_cast<int>(table.rows[static_cast<std::size_t>(place.rank)].size()); ++place.rank)
      place.position -= static_cast<int>(table.rows[static_cast<std::size_t>(place.rank)].size());
    return place;
  }

  static Action take(Table& table, Place place) {
    auto& row = row_at(table, place);
    const Action action = row[static_cast<std::size_t>(place.position)];
    row.erase(row.begin() + place.position);
    return action;
  }

  void put(Table& table, int rank, Action action) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    row.insert(row.begin() + below(row.size() + 1), action);
  }

  /// Whether the one must not stand before the other.
  static bool must_follow(Action later, Action earlier) {
    using enum ActionKind;
    const bool same_stage = later.stage == earlier.stage;
    const bool same = same_stage && later.microbatch == earlier.microbatch;
    switch (later.kind) {
      case kForward:
        return same && earlier.kind == kRecvForward;
      case kBackward:
      case kBackwardInput:
        return same && (earlier.kind == kForward || earlier.kind == kRecvBackward);
      case kBackwardWeight:
        return same && earlier.kind == kBackwardInput;
      case kSendForward:
        return same && earlier.kind == kForward;
      case kSendBackward:
        return same && (earlier.kind == kBackward || earlier.kind == kBackwardInput);
      case kReduceGrad:
      case kUpdate:
        return same_stage && is_weight(earlier.kind);
      default:
        return false;
    }
  }

  /// Swaps the action with an earlier one of its row that it needs. RETURNS: whether there was any.
  bool swap_dependent(Table& table, Place place) {
    auto& row = row_at(table, place);
    std::vector<std::size_t> needed;
    const auto later = static_cast<std::size_t>(place.position);
    for (std::size_t i = 0; i < later; ++i)
      if (must_follow(row[later], row[i])) needed.push_back(i);
    if (needed.empty()) return false;
    std::swap(row[later], row[needed[static_cast<std::size_t>(below(needed.size()))]]);
    return true;
  }

  void renumber(const Table& table, Action& action) {
    if (has_microbatch(action.kind) && below(2) == 0)
      action.microbatch = below(static_cast<std::size_t>(table.microbatches) + 1);
    else
      action.stage = static_cast<std::uint16_t>(below(static_cast<std::size_t>(table.stages) + 1));
  }

  void retype(Action& action) {
    using enum ActionKind;
    constexpr ActionKind kKinds[] = {kForward,     kBackward,     kBackwardInput, kBackwardWeight, kSendForward,
                                     kRecvForward, kSendBackward, kRecvBackward,  kReduceGrad,     kUpdate};
    const int microbatch = std::max(0, action.microbatch);
    const ActionKind kind = kKinds[below(std::size(kKinds))];
    action = make_action(kind, action.stage, has_microbatch(kind) ? microbatch : kNoMicrobatch);
  }

  std::mt19937_64 random_;
};

}  // namespace triaxis
