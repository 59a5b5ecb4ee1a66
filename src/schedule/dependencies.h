// What each action waits for, in one function: the verifier, the timer, the lowering pass and the CSV's columns ask
// here.
#pragma once

#include <array>

#include "schedule/index.h"

namespace triaxis {

/// An action that must be done first, and where it stands; not found() if the table lacks it.
struct Wait {
  Action action;
  Place place;
};

/// The few actions that a cell waits for.
class Waits {
 public:
  void clear() { count_ = 0; }
  void add(Action action, Place place) { waits_[static_cast<std::size_t>(count_++)] = {action, place}; }
  const Wait* begin() const { return waits_.data(); }
  const Wait* end() const { return waits_.data() + count_; }

 private:
  static constexpr int kMost = 8;  // four for each of a cell's two actions
  std::array<Wait, kMost> waits_;
  int count_ = 0;
};

/// Adds what `action`, in the row of `rank`, waits for, beside the earlier actions of its row.
///
/// A tensor from another rank is there when it has been sent and, in a lowered table, the own RECV has been posted; in
/// a compute-only table it is sent as soon as it is computed. RECV itself waits for nothing: it posts a buffer.
void add_waits(const TableIndex& index, int rank, Action action, Waits& waits);

/// The same, alone.
inline Waits waits_of(const TableIndex& index, int rank, Action action) {
  Waits waits;
  add_waits(index, rank, action, waits);
  return waits;
}

}  // namespace triaxis
