#include "topology/grid.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr Degrees kTextbook{.tensor = 4, .pipeline = 2, .data = 2};

TEST(GridTest, DefaultOrderPutsTensorNeighboursOnConsecutiveRanks) {
  Grid grid(kTextbook);
  EXPECT_EQ(grid.ranks(), 16);
  EXPECT_THAT(grid.group(5, Axis::kTensor), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(grid.group(5, Axis::kPipeline), ElementsAre(1, 5));
  EXPECT_THAT(grid.group(5, Axis::kData), ElementsAre(5, 13));
  EXPECT_EQ(grid.coordinates(13), (Coordinates{.tensor = 1, .pipeline = 1, .data = 1}));
}

TEST(GridTest, OrderDecidesWhichAxisIsFastest) {
  Grid grid(kTextbook, "dp-pp-tp");
  EXPECT_THAT(grid.group(0, Axis::kData), ElementsAre(0, 1));
  EXPECT_THAT(grid.group(0, Axis::kPipeline), ElementsAre(0, 2));
  EXPECT_THAT(grid.group(0, Axis::kTensor), ElementsAre(0, 4, 8, 12));
}

TEST(GridTest, EveryOrderIsABijectionAndItsGroupsPartitionTheRanks) {
  const Degrees degrees{.tensor = 2, .context = 3, .expert = 2, .pipeline = 3, .data = 2};
  std::array<Axis, kAxes.size()> axes = kAxes;
  int orders = 0;
  do {
    std::string order = fmt::format("{}-{}-{}-{}-{}", short_name(axes[0]), short_name(axes[1]), short_name(axes[2]),
                                    short_name(axes[3]), short_name(axes[4]));
    Grid grid(degrees, order);
    std::vector<bool> seen(72, false);
    for (int rank = 0; rank < grid.ranks(); ++rank) {
      EXPECT_EQ(grid.rank(grid.coordinates(rank)), rank);
    }
    for (const std::vector<int>& group : grid.groups({Axis::kContext, Axis::kData})) {
      ASSERT_EQ(group.size(), 6U);
      for (size_t member = 0; member < group.size(); ++member) {
        int rank = group[member];
        EXPECT_FALSE(seen[static_cast<size_t>(rank)]);
        seen[static_cast<size_t>(rank)] = true;
        Coordinates at = grid.coordinates(rank);
        EXPECT_EQ(static_cast<size_t>(at.context + 3 * at.data), member) << "members count in the canonical order";
        EXPECT_EQ(grid.index_in_group(rank, {Axis::kContext, Axis::kData}), static_cast<int>(member));
        EXPECT_EQ(grid.group(rank, {Axis::kContext, Axis::kData}), group);
      }
    }
    EXPECT_EQ(std::ranges::count(seen, true), grid.ranks());
    ++orders;
  } while (std::ranges::next_permutation(axes).found);
  EXPECT_EQ(orders, 120);
}

TEST(GridTest, EmptySetIsEveryRankAloneAndAllAxesAreTheWorld) {
  Grid grid(kTextbook, "pp-dp-tp");
  EXPECT_EQ(grid.groups({}).size(), 16U);
  std::vector<int> world = grid.group(3, {Axis::kTensor, Axis::kPipeline, Axis::kData});
  std::ranges::sort(world);
  std::vector<int> all(16);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(world, all);
}

TEST(GridTest, AxesOfDegreeOneMayBeLeftOut) {
  EXPECT_EQ(Grid(kTextbook, "tp-pp-dp"), Grid(kTextbook, "tp-pp-dp-cp-ep"));
  EXPECT_EQ(Grid().ranks(), 1);
  EXPECT_EQ(describe(Grid(kTextbook)), "tp 4 x pp 2 x dp 2");
  EXPECT_EQ(describe(Grid()), "tp 1");
}

TEST(GridTest, BadOrdersAndDegreesAreTheUsersMistake) {
  EXPECT_THAT([] { Grid(kTextbook, "tp-px-dp"); },
              ThrowsMessage<UserError>(HasSubstr("\"px\" is no axis; write some of tp, cp, ep")));
  EXPECT_THAT([] { Grid(kTextbook, ""); }, ThrowsMessage<UserError>(HasSubstr("\"\" is no axis")));
  EXPECT_THAT([] { Grid(kTextbook, "tp-pp-"); }, ThrowsMessage<UserError>(HasSubstr("\"\" is no axis")));
  EXPECT_THAT([] { Grid(kTextbook, "tp-pp-tp-dp"); }, ThrowsMessage<UserError>(HasSubstr("tp is named twice")));
  EXPECT_THAT([] { Grid(kTextbook, "tp-dp"); },
              ThrowsMessage<UserError>(HasSubstr("pp has degree 2 and must be named")));
  EXPECT_THAT([] { Grid(Degrees{.data = 0}); },
              ThrowsMessage<UserError>(HasSubstr("data degree 0: must be at least 1")));
  EXPECT_THAT([] { Grid(Degrees{.tensor = 1 << 16, .data = 1 << 16}); },
              ThrowsMessage<UserError>(HasSubstr("more than 16777216")));
}

}  // namespace
}  // namespace triaxis
