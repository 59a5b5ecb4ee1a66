#include "spec/box.h"

#include <gtest/gtest.h>

namespace triaxis {
namespace {

ParameterSpec matrix(std::int64_t rows, std::int64_t columns, Spread spread) {
  ParameterSpec row;
  row.shape = {rows, columns};
  row.tensor = spread;
  return row;
}

TEST(Box, OfShardsFollowsTheCut) {
  EXPECT_EQ(box_of_shards(matrix(8, 6, sharded(0)), 4, 2, 2), (Box{4, 8, 0, 6}));
  EXPECT_EQ(box_of_shards(matrix(8, 6, sharded(1)), 2, 1, 1), (Box{0, 8, 3, 6}));
  EXPECT_EQ(box_of_shards(matrix(8, 6, replicated()), 4, 1, 1), (Box{0, 8, 0, 6}));
}

TEST(Box, PaddingOfTheVocabularyIsLeftOut) {
  ParameterSpec row = matrix(9, 2, sharded(0));
  row.vocabulary = true;  // shards of three rows: 3, 3, 3, 0
  EXPECT_EQ(box_of_shards(row, 4, 2, 1), (Box{6, 9, 0, 2}));
  EXPECT_EQ(box_of_shards(row, 4, 2, 2), (Box{6, 9, 0, 2}));
  EXPECT_TRUE(box_of_shards(row, 4, 3, 1).empty());
}

TEST(Box, RowBandsCoverItInOrder) {
  EXPECT_EQ(row_bands({2, 7, 1, 4}, 6), (std::vector<Box>{{2, 4, 1, 4}, {4, 6, 1, 4}, {6, 7, 1, 4}}));
  EXPECT_EQ(row_bands({0, 2, 0, 9}, 4), (std::vector<Box>{{0, 1, 0, 9}, {1, 2, 0, 9}}));
  EXPECT_TRUE(row_bands({3, 3, 0, 9}, 4).empty());
}

TEST(Box, IntersectionAndContainment) {
  const Box a{0, 4, 0, 4};
  EXPECT_EQ(intersection(a, {2, 6, 1, 3}), (Box{2, 4, 1, 3}));
  EXPECT_TRUE(intersection(a, {4, 6, 0, 4}).empty());
  EXPECT_TRUE(a.contains({1, 2, 3, 4}));
  EXPECT_FALSE(a.contains({1, 2, 3, 5}));
  EXPECT_EQ(whole({7}), (Box{0, 7, 0, 1}));
}

}  // namespace
}  // namespace triaxis
