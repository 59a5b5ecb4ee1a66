// Schedules as text for a terminal.
#pragma once

#include <string>

#include "render/blocks.h"

namespace triaxis {

/// Draws a row a rank and a column a unit of time: the shortest block, or longer if that gave thousands of columns
/// (what is then under half a unit is left out). A block over several columns is its label and '-' up to its end, a
/// unit without compute is '.'; a star behind a label, updates that take no time at the block's end. With `colour`,
/// blocks are coloured by kind (ANSI escapes).
std::string blocks_text(const BlockRows& rows, bool colour);

}  // namespace triaxis
