#pragma once

#include <string_view>

#include "schedule/costs.h"

namespace triaxis {

/// Reads any of F, I, W, R, gather, reduce and update, send, transfer and FB, as in "F=1,I=1,W=1,send=0,FB=3"; what is
/// left out keeps its default. All but the last three may have one value a stage: "F=1:1:1.5:1". An entry given twice
/// counts as it stands last. Throws UserError, naming the entry and what would be valid. How many stages there are,
/// time_table checks.
Costs parse_costs(std::string_view text);

}  // namespace triaxis
