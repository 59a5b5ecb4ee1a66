// The slots that Chimera and Hanayo share: where F and B take one unit each, F runs at stage s for microbatch j of a
// group at s + 2j, and B at 2S - 1 - s + 2j of S stages, the next group 2S later. On a rank, stages that a microbatch
// passes going down have the slots of one parity for their Fs and of the other for their Bs, those that it passes
// coming back the other way round; so every slot is used once and no group waits for another.
#pragma once

#include <vector>

#include "schedule/table.h"

namespace triaxis {

/// A stage on a rank, and the microbatches that it sees there.
struct StageStream {
  int stage = 0;
  int first = 0;  // its microbatches are [first, first + count)
  int count = 0;
};

/// Fills the row with the F and B of all streams, in the order of their slots.
void fill_alternating(int stages, int group, const std::vector<StageStream>& streams, std::vector<Action>& row);

}  // namespace triaxis
