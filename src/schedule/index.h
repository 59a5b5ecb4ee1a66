// Where every action of a table stands, so that others ask in constant time.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "schedule/table.h"

namespace triaxis {

/// Places of all actions of a table, by kind, stage and microbatch.
class TableIndex {
 public:
  /// Throws UserError for a number out of range, a kind that does not fit the table's, or an action that stands twice.
  explicit TableIndex(const Table& table);

  int stages() const { return stages_; }
  int microbatches() const { return microbatches_; }

  /// Whether the table holds sends or receives.
  bool lowered() const { return lowered_; }

  /// The place of an action that names a microbatch; not found() if the table lacks it.
  Place find(ActionKind kind, int stage, int microbatch) const {
    const auto& places = places_[static_cast<std::size_t>(kind)];
    return places.empty() ? Place{} : places[slot(stage, microbatch)];
  }

  /// Where the gradient of the stage's input is made: its B, else its I.
  Place backward(int stage, int microbatch) const {
    const Place whole = find(ActionKind::kBackward, stage, microbatch);
    return whole.found() ? whole : find(ActionKind::kBackwardInput, stage, microbatch);
  }

  /// Where the gradient of the stage's weights is made: its B, else its W.
  Place weight(int stage, int microbatch) const {
    const Place whole = find(ActionKind::kBackward, stage, microbatch);
    return whole.found() ? whole : find(ActionKind::kBackwardWeight, stage, microbatch);
  }

  /// The rank that runs the stage for the microbatch; -1 if the table lacks it.
  int rank_of(int stage, int microbatch) const { return find(ActionKind::kForward, stage, microbatch).rank; }

  /// The other rank of a SEND or RECV; -1 if there is none.
  int peer_of(Action message) const;

  /// The stage's last W or B in the rank's row and its place; not found() if there is none.
  std::pair<Action, Place> last_weight(int rank, int stage) const;

 private:
  std::size_t slot(int stage, int microbatch) const {
    return static_cast<std::size_t>(stage) * static_cast<std::size_t>(microbatches_) +
           static_cast<std::size_t>(microbatch);
  }
  void add(const Table& table, Place place);

  int stages_;
  int microbatches_;
  bool lowered_ = false;
  std::array<std::vector<Place>, kActionKinds> places_;  // [kind][stage, microbatch]; empty: no such kind
  std::vector<std::vector<std::pair<Action, Place>>>
      last_weights_;  // [stage], one for each rank that trains it, ascending
};

}  // namespace triaxis
