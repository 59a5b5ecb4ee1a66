#include "topology/placement.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string_view link_name(const Cluster& cluster, const Grid& grid, int rank, AxisSet axes) {
  const LinkLevel* link = link_between(cluster, grid.group(rank, axes));
  return link == nullptr ? "none" : std::string_view(link->name);
}

TEST(PlacementTest, TextbookPlacesTensorAndPipelineInsideNodesAndDataAcross) {
  Cluster cluster = default_cluster(2, 8);
  Grid grid({.tensor = 4, .pipeline = 2, .data = 2});
  EXPECT_NO_THROW(check_fits(grid, cluster));
  for (int rank = 0; rank < grid.ranks(); ++rank) {
    EXPECT_EQ(location(cluster, rank), (Location{rank / 8, rank % 8}));
    EXPECT_EQ(link_name(cluster, grid, rank, Axis::kTensor), "NVLink");
    EXPECT_EQ(link_name(cluster, grid, rank, Axis::kPipeline), "NVLink");
    EXPECT_EQ(link_name(cluster, grid, rank, Axis::kData), "InfiniBand");
    EXPECT_EQ(link_name(cluster, grid, rank, Axis::kContext), "none");
  }
}

TEST(PlacementTest, AnotherOrderMovesTheTensorAxisAcrossNodes) {
  Cluster cluster = default_cluster(2, 8);
  Grid grid({.tensor = 4, .pipeline = 2, .data = 2}, "dp-pp-tp");
  EXPECT_EQ(link_name(cluster, grid, 0, Axis::kData), "NVLink");
  EXPECT_EQ(link_name(cluster, grid, 0, Axis::kTensor), "InfiniBand");
}

TEST(PlacementTest, LinkIsTheInnermostLevelWhoseUnitHoldsTheWholeGroup) {
  Cluster cluster{.name = "c", .device = "d", .levels = {{"board", 2, 4, 1}, {"node", 8, 2, 1}, {"net", 16, 1, 1}}};
  auto link = [&](std::vector<int> ranks) { return link_between(cluster, ranks)->name; };
  EXPECT_EQ(link({2, 3}), "board");
  EXPECT_EQ(link({3, 4}), "node");
  EXPECT_EQ(link({1, 2}), "node");
  EXPECT_EQ(link({7, 0, 8}), "net");
}

TEST(PlacementTest, GridOfAnotherSizeIsRefusedWithOneThatFits) {
  Cluster cluster = default_cluster(2, 8);
  EXPECT_THAT(
      [&] { check_fits(Grid({.tensor = 4, .pipeline = 2}), cluster); },
      ThrowsMessage<UserError>("cluster 2x8 takes 16 ranks, but tp 4 x pp 2 makes 8; tp 4 x pp 2 x dp 2 would fit"));
  EXPECT_THAT([&] { check_fits(Grid({.tensor = 6, .pipeline = 3, .data = 5}), cluster); },
              ThrowsMessage<UserError>(HasSubstr("makes 90; tp 2 x dp 8 would fit")));
  EXPECT_THAT([&] { check_fits(Grid(), cluster); },
              ThrowsMessage<UserError>(HasSubstr("tp 1 makes 1; dp 16 would fit")));
}

}  // namespace
}  // namespace triaxis
