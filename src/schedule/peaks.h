#pragma once

#include "schedule/channels.h"
#include "schedule/verify.h"

namespace triaxis {

/// What the rank holds at once. REQUIRES: check_complete passed.
RankPeak peak_of_rank(const Table& table, int rank);

/// What the channels carry, in the order of `channels`.
std::vector<ChannelUse> channel_uses(const Table& table, const Channels& channels);

}  // namespace triaxis
