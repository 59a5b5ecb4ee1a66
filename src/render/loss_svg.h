// The loss of a run as an SVG picture.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// A level that the loss is compared with.
struct LossLevel {
  std::string name;
  double loss = 0;
};

/// Draws the loss of each step, counted from 1, in nats a token, with a dashed line a level. `title` stands above.
/// REQUIRES: at least one loss.
std::string loss_svg(std::span<const double> losses, const std::vector<LossLevel>& levels, std::string_view title);

}  // namespace triaxis
