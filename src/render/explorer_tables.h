// The tables that the explorer holds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "schedule/registry.h"

namespace triaxis {

/// The schedules over a grid of ranks, microbatches and stages a rank:
///
///   {"ranks": [...], "microbatches": [...], "chunks": [...], "schedules": [...], "words": "..."}
///
/// A schedule has what the registry says of it and `tables`, in the order of the grid, the stages a rank turning
/// fastest (only for schedules that may have any number): where the table begins in the words, or a text that says what
/// sizes would be valid. The words are unsigned 16-bit numbers, little-endian, in base64. A table is, for every rank,
/// the number of its actions, its peak of activations and the versions of weights that it holds; then the actions, rank
/// by rank: 5 bits of microbatch (or number of the update), 5 of stage, 3 of kind (their place in "FIWBO"), and 1 for
/// one that runs at once with the next.
nlohmann::ordered_json explorer_tables(std::span<const ScheduleRow> rows);

}  // namespace triaxis
