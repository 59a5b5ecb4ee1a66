#include "render/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "schedule/registry.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;

TEST(Memory, IsTakenByForwardAndReleasedByTheWeights) {
  const Table table = table_of(TableKind::kTrain, 1, 2, {"0F0 (0F1;0B0)OVERLAP_F_B 0I1 0W1"});
  EXPECT_THAT(memory_of_rank(table, time_table(table, {}), 0),
              ElementsAre(FieldsAre(0, 1), FieldsAre(1, 2), FieldsAre(4, 1), FieldsAre(6, 0)));
}

TEST(Memory, AForwardAloneReleasesWhatItTook) {
  const Table table = make_schedule("forward", {1, 1, 1});
  EXPECT_THAT(memory_of_rank(table, time_table(table, {}), 0), ElementsAre(FieldsAre(0, 1), FieldsAre(1, 0)));
}

TEST(Memory, PeaksWhereTheVerifierSays) {
  for (const auto& row : schedules()) {
    const ScheduleRequest request{4, 8, row.default_stages_per_rank};
    const Table table = make_schedule(row, request);
    const auto verification = verify(table);
    const Timeline timeline = time_table(table, {{1}, {1.5}, {0.5}, 0.25, {}});
    for (int rank = 0; rank < table.ranks; ++rank) {
      const auto points = memory_of_rank(table, timeline, rank);
      const auto by_time = [](const MemoryPoint& a, const MemoryPoint& b) { return a.time < b.time; };
      EXPECT_TRUE(std::is_sorted(points.begin(), points.end(), by_time)) << row.name;
      EXPECT_EQ(points.back().activations, 0) << row.name;
      const auto fuller = [](const MemoryPoint& a, const MemoryPoint& b) { return a.activations < b.activations; };
      EXPECT_EQ(std::max_element(points.begin(), points.end(), fuller)->activations,
                verification.ranks[static_cast<std::size_t>(rank)].activations)
          << row.name << " rank " << rank;
    }
  }
}

}  // namespace
}  // namespace triaxis
