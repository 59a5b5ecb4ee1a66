#include "schedule/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

TEST(Verify, AcceptsEverySchedule) {
  for (const auto& row : schedules()) {
    for (int ranks = 1; ranks <= 16; ++ranks) {
      for (int microbatches = 1; microbatches <= 64; ++microbatches) {
        for (int chunks = 1; chunks <= (row.many_stages_per_rank ? 3 : 1); ++chunks) {
          const ScheduleRequest request{ranks, microbatches, chunks};
          SCOPED_TRACE(std::string(row.name) + " " + std::to_string(ranks) + " " + std::to_string(microbatches));
          const Table table = make_schedule(row.name, request);
          const Verification plain = verify(table);
          EXPECT_FALSE(plain.lowered);
          EXPECT_TRUE(plain.ordered_weights);
          const bool train = table.kind == TableKind::kTrain;
          const Verification lowered = verify(lower(train ? insert_reduce_grad(table) : table));
          EXPECT_EQ(lowered.reduces_gradients, train);
          EXPECT_EQ(lowered.lowered, ranks > 1);
          for (int rank = 0; rank < ranks; ++rank) {
            const auto place = static_cast<std::size_t>(rank);
            EXPECT_EQ(plain.ranks[place].activations, row.peak_activations(request, rank));
            EXPECT_EQ(lowered.ranks[place].activations, row.peak_activations(request, rank));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace triaxis
