#include "schedule/generators/two_way.h"

#include <deque>

namespace triaxis {
namespace {

using enum ActionKind;

/// The next microbatch of each kind at one of the rank's two stages.
struct Cursor {
  int stage;
  int forward;
  int backward;
};

/// Writes a row action by action. Ws that were put off run in the order of their Is.
class Writer {
 public:
  Writer(const TwoWayRank& rank, std::vector<Action>& row)
      : near{rank.depth, rank.near_first, rank.near_first},
        far{2 * rank.ranks - 1 - rank.depth, rank.far_first, rank.far_first},
        row_(row) {}

  void forward(Cursor& at) { add(make_action(kForward, at.stage, at.forward++)); }
  void backward(Cursor& at) { add(make_action(kBackward, at.stage, at.backward++)); }

  /// The I alone; its W is put off.
  void input(Cursor& at) {
    put_off_.push_back(make_action(kBackwardWeight, at.stage, at.backward));
    add(make_action(kBackwardInput, at.stage, at.backward++));
  }

  void weight() {
    add(put_off_.front());
    put_off_.pop_front();
  }

  /// A forward of the one stage and a backward of the other, in one cell.
  void both(Cursor& forward_at, Cursor& backward_at) {
    forward(forward_at);
    row_.back().with_next = true;
    backward(backward_at);
  }

  Cursor near;
  Cursor far;

 private:
  void add(Action action) { row_.push_back(action); }

  std::vector<Action>& row_;
  std::deque<Action> put_off_;
};

void fill_up(Writer& writer, int depth, int behind) {
  for (int i = 0; i < 2 * behind; ++i) writer.forward(writer.near);
  for (int i = 0; i <= depth; ++i) {
    writer.forward(writer.near);
    writer.forward(writer.far);
  }
  for (int i = 0; i < behind; ++i) {
    writer.input(writer.far);
    writer.weight();
    writer.forward(writer.far);
  }
}

/// Backwards alone. From the middle on, Ws are put off: they fill the gaps of the drain.
void drain(Writer& writer, int depth, int behind) {
  const int middle = (depth + 1) / 2;
  for (int i = 0; i <= depth; ++i) {
    const bool far_split = i > middle || (i == middle && depth % 2 == 1);
    if (far_split)
      writer.input(writer.far);
    else
      writer.backward(writer.far);
    if (i >= middle)
      writer.input(writer.near);
    else
      writer.backward(writer.near);
  }
  for (int i = 0; i < behind; ++i) {
    writer.weight();
    writer.input(writer.near);
  }
  for (int i = 0; i <= depth; ++i) writer.weight();
}

}  // namespace

void fill_two_way(const TwoWayRank& rank, std::vector<Action>& row) {
  const int behind = rank.ranks - 1 - rank.depth;
  Writer writer(rank, row);
  fill_up(writer, rank.depth, behind);
  for (int i = 0; i < rank.count - 2 * rank.ranks + rank.depth + 1; ++i) {
    if (i == 0 && behind == 0) {
      // Where the two ways meet, the first pair is no pair: the ranks before wait for the forward.
      writer.forward(writer.near);
      writer.backward(writer.far);
    } else {
      writer.both(writer.near, writer.far);
    }
    writer.both(writer.far, writer.near);
  }
  for (int i = 0; i < behind; ++i) {
    writer.backward(writer.far);
    writer.both(writer.far, writer.near);
  }
  drain(writer, rank.depth, behind);
}

}  // namespace triaxis
