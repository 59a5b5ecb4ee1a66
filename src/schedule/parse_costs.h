#pragma once

#include <string_view>

#include "schedule/timing.h"

namespace triaxis {

/// Reads "F=1,I=1,W=1,send=0,FB=3"; what is left out keeps its default. A list gives one value a stage: "F=1:1:1.5:1".
/// Throws UserError, naming the entry and what would be valid. How many stages there are, time_table checks.
Costs parse_costs(std::string_view text);

}  // namespace triaxis
