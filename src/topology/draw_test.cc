#include "topology/draw.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "topology/placement.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Columns that a terminal needs: bytes that do not go on with a UTF-8 character.
size_t columns(const std::string& line) {
  return static_cast<size_t>(
      std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

TEST(DrawTest, TextbookPlacement) {
  EXPECT_EQ(draw_placement(Grid({.tensor = 4, .pipeline = 2, .data = 2}), default_cluster(2, 8)),
            R"( node 0  ┌ tp #0 ──────────┐        ┌ tp #1 ──────────┐
    GPU  │   0   1   2   3 │        │   4   5   6   7 │
   rank  │   0   1   2   3 │── pp ──│   4   5   6   7 │
     tp  │   0   1   2   3 │        │   0   1   2   3 │
     pp  │   0   0   0   0 │        │   1   1   1   1 │
     dp  │   0   0   0   0 │        │   0   0   0   0 │
         └─────────────────┘        └─────────────────┘
           │ dp over InfiniBand
 node 1  ┌ tp #2 ──────────┐        ┌ tp #3 ──────────┐
    GPU  │   0   1   2   3 │        │   4   5   6   7 │
   rank  │   8   9  10  11 │── pp ──│  12  13  14  15 │
     tp  │   0   1   2   3 │        │   0   1   2   3 │
     pp  │   0   0   0   0 │        │   1   1   1   1 │
     dp  │   1   1   1   1 │        │   1   1   1   1 │
         └─────────────────┘        └─────────────────┘
)");
}

TEST(DrawTest, AnotherOrderInAsciiWithAGroupCutByTheNodesEnd) {
  EXPECT_EQ(draw_placement(Grid({.tensor = 2, .data = 3}, "dp-tp"), default_cluster(2, 3), Glyphs::kAscii),
            R"( node 0  + dp #0 ------+
    GPU  |   0   1   2 |
   rank  |   0   1   2 |
     dp  |   0   1   2 |
     tp  |   0   0   0 |
         +-------------+
           | tp over InfiniBand
 node 1  + dp #1 ------+
    GPU  |   0   1   2 |
   rank  |   3   4   5 |
     dp  |   0   1   2 |
     tp  |   1   1   1 |
         +-------------+
)");
  EXPECT_EQ(draw_placement(Grid({.data = 4}), default_cluster(2, 2), Glyphs::kAscii).find("dp #1"), std::string::npos)
      << "one group over both nodes";
}

TEST(DrawTest, LinesOfAFrameAreAlignedAndFitATerminal) {
  for (const Grid& grid : {Grid({.tensor = 2, .pipeline = 8, .data = 8}), Grid({.tensor = 64, .data = 2}),
                           Grid({.context = 128}), Grid({.tensor = 4, .expert = 2, .pipeline = 2, .data = 8})}) {
    for (int per_node : {1, 2, 8, 32, 128}) {
      std::istringstream drawing(draw_placement(grid, default_cluster(grid.ranks() / per_node, per_node)));
      size_t width = 0;
      for (std::string line; std::getline(drawing, line);) {
        EXPECT_LE(columns(line), 100U) << line;
        if (line.find("┌") != std::string::npos) width = columns(line);
        if (line.find("│ ") != std::string::npos && line.find("over") == std::string::npos) {
          EXPECT_EQ(columns(line), width) << line;
        }
      }
    }
  }
}

TEST(DrawTest, ManyNodesAreShortened) {
  std::string drawing = draw_placement(Grid({.tensor = 8, .data = 16}), default_cluster(16, 8));
  EXPECT_THAT(drawing, HasSubstr("⋮ nodes 3 to 14, ranks 24 to 119"));
  EXPECT_THAT(drawing, HasSubstr("node 15  ┌ tp #15"));
  EXPECT_THAT(drawing, Not(HasSubstr("node 7")));
}

TEST(DrawTest, OneDeviceAlone) {
  EXPECT_EQ(draw_placement(Grid(), default_cluster(1, 1), Glyphs::kAscii),
            " node 0  +-----+\n    GPU  |   0 |\n   rank  |   0 |\n         +-----+\n");
}

}  // namespace
}  // namespace triaxis
