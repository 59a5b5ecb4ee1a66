#include "comm/ordered_sum.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "comm/local/local.h"

namespace triaxis {
namespace {

/// Plain float sums and maxima: what is tested here is their order.
Kernels plain_kernels() {
  Kernels kernels{};
  kernels.dtype = DType::kF32;
  kernels.add = [](Stream&, const View& a, const View& b, const View& y) {
    for (std::int64_t i = 0; i < y.size(); ++i) y.as<float>()[i] = a.as<float>()[i] + b.as<float>()[i];
  };
  kernels.maximum = [](Stream&, const View& a, const View& b, const View& y) {
    for (std::int64_t i = 0; i < y.size(); ++i) y.as<float>()[i] = std::max(a.as<float>()[i], b.as<float>()[i]);
  };
  return kernels;
}

using Vector = std::vector<float>;

/// Leaf `leaf` of a sum: values of many magnitudes, so that every other order gives other bits.
Vector leaf_values(std::int64_t leaf, std::int64_t elements) {
  Vector values(static_cast<std::size_t>(elements));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto n = static_cast<std::uint32_t>(leaf * 7919 + static_cast<std::int64_t>(i)) * 2654435761U;
    values[i] = static_cast<float>(n) / static_cast<float>(1U << (n % 31));
  }
  return values;
}

/// The definition: level by level neighbours are added, an odd last one passes up.
Vector tree_sum(std::vector<Vector> level) {
  while (level.size() > 1) {
    std::vector<Vector> above;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      above.push_back(level[i]);
      if (i + 1 == level.size()) continue;
      for (std::size_t k = 0; k < level[i].size(); ++k) above.back()[k] += level[i + 1][k];
    }
    level = above;
  }
  return level[0];
}

Vector expected_sum(std::int64_t leaves, std::int64_t elements) {
  std::vector<Vector> all;
  for (std::int64_t leaf = 0; leaf < leaves; ++leaf) all.push_back(leaf_values(leaf, elements));
  return tree_sum(all);
}

View view_of(Vector& values) { return View(values.data(), DType::kF32, {static_cast<std::int64_t>(values.size())}); }

std::unique_ptr<Communicator> everybody(World& world) {
  std::vector<int> ranks(static_cast<std::size_t>(world.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  return world.group(ranks);
}

/// What a rank needs for sums of up to `elements`.
struct Summer {
  Summer(World& world, std::int64_t elements)
      : group(everybody(world)),
        arena(ledger, Category::kCommunication, OrderedSum::footprint(DType::kF32, elements, world.size())),
        sum(*group, kernels, arena, elements) {}

  std::unique_ptr<Communicator> group;
  Kernels kernels = plain_kernels();
  Stream stream{1};
  MemoryLedger ledger;
  Arena arena;
  OrderedSum sum;
};

constexpr std::int64_t kSizes[] = {1, 15, 100, 4096, 4097, 10000};

class OrderedSumOverRanks : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Ranks, OrderedSumOverRanks, ::testing::Range(1, 9));

TEST_P(OrderedSumOverRanks, AllReduceIsTheTree) {
  run_local(GetParam(), [](World& world) {
    Summer summer(world, 10000);
    for (const std::int64_t elements : kSizes) {
      Vector x = leaf_values(world.rank(), elements);
      summer.sum.all_reduce(summer.stream, view_of(x));
      EXPECT_EQ(x, expected_sum(world.size(), elements)) << elements;
    }
  });
}

TEST_P(OrderedSumOverRanks, AllReduceMaxIsTheMaximum) {
  run_local(GetParam(), [](World& world) {
    Summer summer(world, 10000);
    for (const std::int64_t elements : kSizes) {
      Vector largest = leaf_values(0, elements);
      for (int rank = 1; rank < world.size(); ++rank) {
        const Vector other = leaf_values(rank, elements);
        for (std::size_t i = 0; i < other.size(); ++i) largest[i] = std::max(largest[i], other[i]);
      }
      Vector x = leaf_values(world.rank(), elements);
      summer.sum.all_reduce_max(summer.stream, view_of(x));
      EXPECT_EQ(x, largest) << elements;
    }
  });
}

TEST_P(OrderedSumOverRanks, ReduceScatterThenAllGatherIsTheTree) {
  run_local(GetParam(), [](World& world) {
    Summer summer(world, 10000);
    for (const std::int64_t elements : kSizes) {
      const Vector before = leaf_values(world.rank(), elements);
      const Vector expected = expected_sum(world.size(), elements);
      Vector x = before;
      summer.sum.reduce_scatter(summer.stream, view_of(x));
      const OrderedSum::Piece own = summer.sum.piece(elements, world.rank());
      for (std::int64_t i = 0; i < elements; ++i) {
        const auto k = static_cast<std::size_t>(i);
        EXPECT_EQ(x[k], i >= own.first && i < own.last ? expected[k] : before[k]);
      }
      summer.sum.all_gather(summer.stream, view_of(x));
      EXPECT_EQ(x, expected) << elements;
    }
  });
}

TEST_P(OrderedSumOverRanks, PiecesCoverEveryElementOnce) {
  run_local(GetParam(), [](World& world) {
    Summer summer(world, 10000);
    for (const std::int64_t elements : kSizes) {
      std::int64_t next = 0;
      for (int rank = 0; rank < world.size(); ++rank) {
        const OrderedSum::Piece piece = summer.sum.piece(elements, rank);
        EXPECT_EQ(piece.first, next);
        next = piece.last;
      }
      EXPECT_EQ(next, elements);
    }
  });
}

// The cut into ranks changes no bit, as long as each holds a power of two of consecutive leaves.
TEST(OrderedSum, LeavesMayLieOnAnyNumberOfRanks) {
  constexpr std::int64_t kElements = 257;
  for (const int leaves : {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32}) {
    const Vector expected = expected_sum(leaves, kElements);
    for (int held = 1; leaves % held == 0; held *= 2) {
      if (leaves / held > 8) continue;
      run_local(leaves / held, [&](World& world) {
        Summer summer(world, kElements);
        Vector parts;
        for (int i = 0; i < held; ++i) {
          const Vector leaf = leaf_values(world.rank() * held + i, kElements);
          parts.insert(parts.end(), leaf.begin(), leaf.end());
        }
        const View all(parts.data(), DType::kF32, {held, kElements});
        const View x = sum_leaves(summer.stream, summer.kernels, all);
        summer.sum.all_reduce(summer.stream, x);
        EXPECT_EQ(std::memcmp(x.data, expected.data(), x.bytes()), 0) << leaves << " leaves, " << held << " a rank";
      });
    }
  }
}

// The values are such that the order shows: otherwise the tests above would prove nothing.
TEST(OrderedSum, AnotherOrderGivesOtherBits) {
  const Vector tree = expected_sum(4, 100);
  Vector in_order(100);
  for (int leaf = 0; leaf < 4; ++leaf) {
    const Vector values = leaf_values(leaf, 100);
    for (std::size_t i = 0; i < values.size(); ++i) in_order[i] += values[i];
  }
  EXPECT_NE(tree, in_order);
}

TEST(OrderedSum, AloneItNeedsNoMemory) { EXPECT_EQ(OrderedSum::footprint(DType::kF32, 1000, 1), 0U); }

}  // namespace
}  // namespace triaxis
