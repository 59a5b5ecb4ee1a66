#include "render/loss_svg.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

namespace triaxis {
namespace {

TEST(LossSvg, DrawsEveryStepAndEveryLevel) {
  const std::array losses = {5.5, 3.0, 2.0};
  const std::string svg = loss_svg(losses, {{"bigram", 2.25}}, "a run");
  EXPECT_THAT(svg, ::testing::HasSubstr("a run"));
  EXPECT_THAT(svg, ::testing::HasSubstr("bigram 2.250"));
  const std::size_t start = svg.find("points=\"") + 8;
  const std::string points = svg.substr(start, svg.find('"', start) - start);
  EXPECT_EQ(std::count(points.begin(), points.end(), ','), 3);
  EXPECT_THAT(svg, ::testing::EndsWith("</svg>\n"));
}

TEST(LossSvg, OneStepIsDrawnInsideThePage) {
  const std::array losses = {1.0};
  EXPECT_THAT(loss_svg(losses, {}, ""), ::testing::Not(::testing::HasSubstr("nan")));
}

}  // namespace
}  // namespace triaxis
