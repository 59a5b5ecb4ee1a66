// Schedules as an SVG picture.
#pragma once

#include <string>
#include <string_view>

#include "render/blocks.h"

namespace triaxis {

/// Draws a row a rank over an axis of time: blocks coloured by kind and labelled where the label fits, idle time
/// shaded, a legend of the kinds in it. `title` and `subtitle` stand above.
std::string blocks_svg(const BlockRows& rows, std::string_view title, std::string_view subtitle);

}  // namespace triaxis
