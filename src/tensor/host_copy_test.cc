#include "tensor/host_copy.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tensor/arena.h"

namespace triaxis {
namespace {

class HostCopy : public ::testing::Test {
 protected:
  View numbered(std::int64_t rows, std::int64_t columns) {
    View view = arena_.allocate(DType::kF32, {rows, columns});
    std::iota(view.as<float>(), view.as<float>() + view.size(), 0.0F);
    return view;
  }

  MemoryLedger ledger_;
  Arena arena_{ledger_, Category::kWorkspace, 4 << 20};
  Stream stream_{2};
};

TEST_F(HostCopy, TakesAPatchOfAMatrix) {
  std::vector<float> out(2 * 5, -1.0F);
  copy_to_host(stream_, numbered(4, 6), {1, 2, 2, 3}, out.data(), 5);
  EXPECT_EQ(out, (std::vector<float>{8, 9, 10, -1, -1, 14, 15, 16, -1, -1}));
}

TEST_F(HostCopy, PutsItBack) {
  const View view = numbered(3, 3);
  const std::vector<float> in = {-1, -2, -3, -4};
  copy_from_host(stream_, view, {1, 1, 2, 2}, in.data(), 2);
  EXPECT_EQ(std::vector<float>(view.as<float>(), view.as<float>() + 9),
            (std::vector<float>{0, 1, 2, 3, -1, -2, 6, -3, -4}));
}

// More than one thread's share, in one stretch and row by row.
TEST_F(HostCopy, LargeOnesComeWhole) {
  const View view = numbered(1000, 300);
  std::vector<float> all(300'000);
  copy_to_host(stream_, view, {0, 0, 1000, 300}, all.data(), 300);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<float>(i));
  std::vector<float> part(1000 * 299);
  copy_to_host(stream_, view, {0, 1, 1000, 299}, part.data(), 299);
  for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], static_cast<float>(i / 299 * 300 + i % 299 + 1));
}

TEST_F(HostCopy, OfAVectorIsOneColumn) {
  const View view = numbered(8, 1).reshape({8});
  std::vector<float> out(3);
  copy_to_host(stream_, view, {4, 0, 3, 1}, out.data(), 1);
  EXPECT_EQ(out, (std::vector<float>{4, 5, 6}));
  EXPECT_THROW(copy_to_host(stream_, view, {6, 0, 3, 1}, out.data(), 1), std::logic_error);
}

}  // namespace
}  // namespace triaxis
