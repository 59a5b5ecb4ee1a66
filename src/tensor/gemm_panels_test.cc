#include "tensor/gemm_panels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace triaxis {
namespace {

TEST(Cut, CoversItsExtentWithoutThinPieces) {
  for (std::int64_t extent = 1; extent < 2000; ++extent) {
    const Cut cut{extent, 128};
    std::int64_t next = 0;
    for (std::int64_t piece = 0; piece < cut.count(); ++piece) {
      ASSERT_EQ(cut.begin(piece), next);
      next += cut.length(piece);
      ASSERT_GE(cut.length(piece), std::min<std::int64_t>(extent, 64)) << extent;
      ASSERT_LT(cut.length(piece), 192) << extent;
    }
    ASSERT_EQ(next, extent);
  }
}

TEST(Panels, FitGpt2Evenly) {
  const Panels panels = panels_of(1024, 50304, 768);
  EXPECT_EQ(panels.count(), 8 * 262);
  EXPECT_EQ(panels.n.length(261), 192);
  EXPECT_EQ(panels.k.count(), 1);
}

}  // namespace
}  // namespace triaxis
