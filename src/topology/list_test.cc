#include "topology/list.h"

#include <gmock/gmock.h>

namespace triaxis {
namespace {

using ::testing::HasSubstr;

TEST(ListTest, EveryGroupWithItsPlaceAndLink) {
  EXPECT_EQ(list_groups(Grid({.tensor = 2, .pipeline = 2}), default_cluster(2, 2)),
            R"(tp (tensor): 2 groups of 2 ranks
    #0  ranks 0 1  node 0, GPU 0 1  NVLink
    #1  ranks 2 3  node 1, GPU 0 1  NVLink

pp (pipeline): 2 groups of 2 ranks
    #0  ranks 0 2  nodes 0 1, GPU 0  InfiniBand
    #1  ranks 1 3  nodes 0 1, GPU 1  InfiniBand
)");
  EXPECT_EQ(list_groups(Grid(), default_cluster(1, 1)), "");
}

TEST(ListTest, OneAxisMayCrossSeveralLinks) {
  std::string text = list_groups(Grid({.tensor = 2, .data = 3}), default_cluster(2, 3));
  EXPECT_THAT(text, HasSubstr("#0  ranks 0 1  node 0, GPU 0 1   NVLink"));
  EXPECT_THAT(text, HasSubstr("#1  ranks 2 3  node:GPU 0:2 1:0  InfiniBand"));
}

TEST(ListTest, LongListsAreShortened) {
  std::string text = list_groups(Grid({.tensor = 32, .data = 40}), default_cluster(40, 32));
  EXPECT_THAT(text, HasSubstr("ranks 0 1 2 3 4 5 6 7 8 9 10 11 12 13 ... 31 "));
  EXPECT_THAT(text, HasSubstr("node 0, GPU 0-31"));
  EXPECT_THAT(text, HasSubstr("and 8 more (--json lists all)"));
}

TEST(ListTest, LinksGiveOneDirection) {
  EXPECT_EQ(list_links(default_cluster(2, 8)),
            "  NVLink        450 GB/s a GPU each way, 1.5 us, among 8 devices\n"
            "  InfiniBand     50 GB/s a GPU each way,   5 us, among 16 devices\n");
  EXPECT_EQ(list_links(default_cluster(1, 1)), "");
}

}  // namespace
}  // namespace triaxis
