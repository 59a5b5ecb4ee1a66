#pragma once

#include "schedule/channels.h"
#include "schedule/verify.h"

namespace triaxis {

/// What each rank holds at once. `stages_of` is stages_of_ranks(table). REQUIRES: check_complete passed.
std::vector<RankPeak> peaks_of_ranks(const Table& table, const std::vector<std::vector<int>>& stages_of);

/// What the channels carry, in the order of `channels`.
std::vector<ChannelUse> channel_uses(const Table& table, const Channels& channels);

}  // namespace triaxis
