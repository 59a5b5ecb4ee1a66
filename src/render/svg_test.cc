#include "render/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/registry.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string drawn(const Table& table, const Costs& costs) {
  return blocks_svg(timed_blocks(table, time_table(table, costs)), "a < b & c", "below");
}

TEST(Svg, DrawsEveryBlockOnceOverItsTime) {
  const std::string svg = drawn(make_schedule("1f1b", {4, 8, 1}), {});
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(count(svg, "<title>F"), 32U);
  EXPECT_EQ(count(svg, "<title>B"), 32U);
  EXPECT_THAT(svg, HasSubstr("<title>B0 10..12</title>"));
  EXPECT_THAT(svg, HasSubstr(">rank 3</text>"));
  EXPECT_EQ(count(svg, "<rect"), count(svg, "</rect>") + count(svg, "/>") - count(svg, "<path"));
}

TEST(Svg, TextIsEscaped) {
  EXPECT_THAT(drawn(make_schedule("naive", {1, 1, 1}), {}), HasSubstr(">a &lt; b &amp; c</text>"));
}

TEST(Svg, TheLegendNamesWhatIsThere) {
  const std::string whole = drawn(make_schedule("gpipe", {2, 2, 1}), {});
  EXPECT_THAT(whole, HasSubstr(">backward</text>"));
  EXPECT_THAT(whole, Not(HasSubstr(">backward of weights</text>")));
  const std::string split = drawn(table_of(TableKind::kTrain, 1, 2, {"0F0 (0F1;0I0)OVERLAP_F_B 0W0 0R1 0B1"}), {});
  for (const auto* name : {"forward and backward overlapped", "backward of weights", "recompute", "idle"})
    EXPECT_THAT(split, HasSubstr(std::string(">") + name + "</text>"));
}

TEST(Svg, UpdatesAreBarsAtTheirTimes) {
  const Table table = make_schedule("pipedream", {2, 4, 1});
  const std::string svg = drawn(table, {});
  EXPECT_EQ(count(svg, "<title>OPT"), 8U);
  EXPECT_THAT(svg, HasSubstr("<title>OPT0 4</title>"));
  EXPECT_THAT(svg, HasSubstr(">update of weights</text>"));
  EXPECT_THAT(drawn(table, {.update = {1}}), HasSubstr("<title>OPT0 4..5</title>"));
  EXPECT_THAT(drawn(make_schedule("1f1b", {2, 4, 1}), {}), Not(HasSubstr("update")));
}

TEST(Svg, NoTimeAtAllIsDrawnToo) {
  EXPECT_THAT(drawn(make_schedule("gpipe", {2, 2, 1}), {{0}, {0}, {0}, 0, {}}), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace triaxis
