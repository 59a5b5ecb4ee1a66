// V-Half and V-Min (Qi et al. 2024, arXiv:2405.15362): one microbatch's way down and up the V and back, a *building
// block*, is repeated every six units of time, which is what its six actions take on each rank. What a rank holds is
// the time that a block keeps its activations, over six; so a block whose hops are short holds less and idles more at
// the ends of the step.
//
// A block is given by how long each of its four ways takes from rank to rank. Which times go together is arithmetic
// modulo six: on every rank the two Fs and the two Is have to fall into different slots, and the Ws take the two that
// are left. The repeated blocks then say only what comes after what; the rows run as early as they can.
#include <algorithm>
#include <array>
#include <vector>

#include "schedule/generators/generators.h"

namespace triaxis {
namespace {

using enum ActionKind;

/// Units of time between neighbouring ranks on the block's four ways, and at its three turns: from F to F on the last
/// rank, from F to I on the first, from I to I on the last.
struct Block {
  int forward_down, forward_up, backward_down, backward_up;
  int turn_below, turn_above, turn_back;
};

constexpr int kInterval = 6;

struct Timed {
  ActionKind kind;
  int stage;
  int time;  // of microbatch 0
};

/// What a rank does for microbatch 0.
std::array<Timed, 6> block_on(const Block& block, int rank, int ranks) {
  const int down = rank;
  const int up = 2 * ranks - 1 - rank;
  const int below = ranks - 1 - rank;
  std::array<Timed, 6> timed{};
  const int top = block.forward_down * (ranks - 1) + block.turn_below;
  const int back = top + block.forward_up * (ranks - 1) + block.turn_above;
  const int last = back + block.backward_down * (ranks - 1) + block.turn_back;
  timed[0] = {kForward, down, block.forward_down * rank};
  timed[1] = {kForward, up, top + block.forward_up * below};
  timed[2] = {kBackwardInput, up, back + block.backward_down * rank};
  timed[3] = {kBackwardInput, down, last + block.backward_up * below};
  std::array<bool, kInterval> taken{};
  for (int i = 0; i < 4; ++i)
    taken[static_cast<std::size_t>(timed[static_cast<std::size_t>(i)].time % kInterval)] = true;
  for (std::size_t i = 2; i < 4; ++i) {
    int time = timed[i].time + 1;
    while (taken[static_cast<std::size_t>(time % kInterval)]) ++time;
    taken[static_cast<std::size_t>(time % kInterval)] = true;
    timed[i + 2] = {kBackwardWeight, timed[i].stage, time};
  }
  return timed;
}

/// Repeats the block for every microbatch, in order of time.
void repeat(const Block& block, const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto timed = block_on(block, rank, request.ranks);
    const auto slot = [](const Timed& each) { return each.time % kInterval; };
    std::sort(timed.begin(), timed.end(), [&](const Timed& a, const Timed& b) { return slot(a) < slot(b); });
    int last = 0;
    for (const Timed& each : timed) last = std::max(last, each.time);
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    row.reserve(timed.size() * static_cast<std::size_t>(request.microbatches));
    for (int round = 0; round < request.microbatches + last / kInterval; ++round) {
      for (const Timed& each : timed) {
        const int m = round - each.time / kInterval;
        if (m >= 0 && m < request.microbatches) row.push_back(make_action(each.kind, each.stage, m));
      }
    }
  }
}

}  // namespace

/// Hops of one unit down and two up: half of 1F1B's activations. Of the turns with which slots differ on all ranks and
/// the peak is the paper's, these idle least.
void generate_v_half(const ScheduleRequest& request, Table& table) {
  if (request.ranks % 2 == 0)
    repeat({1, 2, 1, 2, 4, 1, 5}, request, table);
  else
    repeat({1, 2, 1, 2, 2, 1, 1}, request, table);
}

/// All hops of one unit: a third of 1F1B's activations. A stage's I comes 2p units after the F of the rank's other
/// stage; where that is a multiple of six, two more are waited.
void generate_v_min(const ScheduleRequest& request, Table& table) {
  const int turn_above = request.ranks % 3 == 0 ? 3 : 1;
  repeat({1, 1, 1, 1, 1, turn_above, 1}, request, table);
}

}  // namespace triaxis
