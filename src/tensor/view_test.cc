#include "tensor/view.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace triaxis {
namespace {

TEST(View, KnowsItsSizeAndRows) {
  std::vector<float> data(24);
  const View view(data.data(), DType::kF32, {2, 3, 4});
  EXPECT_EQ(view.size(), 24);
  EXPECT_EQ(view.bytes(), 96u);
  EXPECT_EQ(view.dim(1), 3);
  EXPECT_EQ(view.dim(-1), 4);
  EXPECT_EQ(view[1].rank, 2);
  EXPECT_EQ(view[1].as<float>(), data.data() + 12);
  EXPECT_EQ(view[1][2].as<float>(), data.data() + 20);
  EXPECT_EQ(view[0].rows(1, 2).as<float>(), data.data() + 4);
  EXPECT_EQ(view[0].rows(1, 2).size(), 8);
  EXPECT_EQ(view[1][2][3].size(), 1);
}

TEST(View, ReshapesTheSameElements) {
  std::vector<double> data(12);
  const View view(data.data(), DType::kF64, {3, 4});
  EXPECT_EQ(view.reshape({2, 6}).dim(0), 2);
  EXPECT_EQ(view.reshape({12}).as<double>(), data.data());
  EXPECT_THROW(view.reshape({5}), std::logic_error);
}

TEST(View, RefusesWhatIsOutOfRange) {
  std::vector<float> data(12);
  const View view(data.data(), DType::kF32, {3, 4});
  EXPECT_THROW(view[3], std::logic_error);
  EXPECT_THROW(view.rows(2, 2), std::logic_error);
  EXPECT_THROW(view.rows(-1, 1), std::logic_error);
  EXPECT_THROW(view.as<double>(), std::logic_error);
  EXPECT_THROW(View(data.data(), DType::kF32, {1, 1, 1, 1, 12}), std::logic_error);
  EXPECT_THROW(View(data.data(), DType::kF32, {-1}), std::logic_error);
}

TEST(View, EmptyHasNoElements) {
  const View view;
  EXPECT_TRUE(view.empty());
  EXPECT_EQ(view.size(), 0);
  EXPECT_EQ(view.bytes(), 0u);
  EXPECT_EQ(describe(view), "empty");
}

TEST(View, DescribesItself) {
  float x = 0;
  EXPECT_EQ(describe(View(&x, DType::kF32, {2, 128, 64})), "[2, 128, 64] f32");
  EXPECT_EQ(describe(View(&x, DType::kI32, {7})), "[7] i32");
}

}  // namespace
}  // namespace triaxis
