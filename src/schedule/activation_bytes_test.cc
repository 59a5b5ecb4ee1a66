#include "schedule/activation_bytes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "schedule/registry.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

/// "position:during,after" for each cell that changes what is held.
std::string curve_text(const Table& table, const std::vector<StageBytes>& stages, int rank = 0) {
  verify(table);
  std::string text;
  for (const auto& [position, during, after] : held_bytes_of_rank(table, TableIndex(table), stages, rank))
    text += fmt::format("{}{}:{},{}", text.empty() ? "" : " ", position, during, after);
  return text;
}

Table train(int stages, int microbatches, const std::vector<std::string>& rows) {
  return table_of(TableKind::kTrain, stages, microbatches, rows);
}

constexpr StageBytes kAll{.forward_to_input = 1,
                          .forward_to_weight = 10,
                          .recompute_to_weight = 100,
                          .input_to_weight = 1000,
                          .forward_to_recompute = 10000};

TEST(ActivationBytes, ASplitBackwardFreesInTwoSteps) {
  EXPECT_EQ(curve_text(train(1, 1, {"0F0 0I0 0W0"}), {kAll}), "0:111,111 1:1111,1110 2:1110,0");
  EXPECT_EQ(curve_text(train(1, 1, {"0F0 0B0"}), {kAll}), "0:111,111 1:111,0");
}

TEST(ActivationBytes, RecomputationBringsBackWhatTheForwardDropped) {
  EXPECT_EQ(curve_text(train(1, 2, {"0F0 0F1 0R0 0I0 0W0 0B1"}), {kAll}),
            "0:10011,10011 1:10122,10122 2:10222,222 3:1222,1221 4:1221,111 5:111,0");
}

TEST(ActivationBytes, WhatIsOffloadedIsNotHeld) {
  EXPECT_EQ(curve_text(train(1, 1, {"0F0 0OFFLOAD0 0FETCH0 0B0"}), {kAll}), "0:111,111 1:111,0 2:111,111 3:111,0");
  EXPECT_EQ(curve_text(train(1, 1, {"0F0 0OFFLOAD0 0FETCH0 0R0 0B0"}), {kAll}),
            "0:10011,10011 1:10011,0 2:10011,10011 3:10111,111 4:111,0");
}

TEST(ActivationBytes, AnOverlappedCellTakesBeforeItFrees) {
  const Table table = train(2, 2, {"0F0 (0F1;0B0)OVERLAP_F_B 0B1", "1F0 1B0 1F1 1B1"});
  EXPECT_EQ(curve_text(table, {kAll, kAll}), "0:111,111 1:222,111 3:111,0");
}

TEST(ActivationBytes, AForwardTableHoldsNothingBetweenActions) {
  const Table table = table_of(TableKind::kForward, 2, 1, {"0F0 1F0"});
  EXPECT_EQ(curve_text(table, {{.forward_to_weight = 3}, {.forward_to_weight = 5}}), "0:3,0 1:5,0");
}

TEST(ActivationBytes, ThePeakIsWhereItIsFirstReached) {
  const Table table = train(2, 2, {"0F0 1F0 0F1 1F1 1I0 1I1 1W0 1W1 0B0 0B1"});
  const std::vector<StageBytes> early = {{.forward_to_weight = 4}, {.forward_to_input = 2}};
  EXPECT_EQ(bytes_peaks(table, early).front().bytes, 12);
  EXPECT_EQ(bytes_peaks(table, early).front().position, 3);
  const std::vector<StageBytes> late = {{.forward_to_weight = 4}, {.forward_to_weight = 2, .input_to_weight = 1}};
  EXPECT_EQ(bytes_peaks(table, late).front().bytes, 14);
  EXPECT_EQ(bytes_peaks(table, late).front().position, 5);
}

// A unit from F until W is what verify counts.
TEST(ActivationBytes, OfOneUnitAreTheCountedPeaks) {
  for (const auto& row : schedules()) {
    const Table table = make_schedule(row, request_of(row, 4, 8, 2));
    const std::vector<StageBytes> units(static_cast<std::size_t>(table.stages), StageBytes{.forward_to_weight = 1});
    const auto peaks = bytes_peaks(table, units);
    const auto counted = verify(table).ranks;
    for (std::size_t rank = 0; rank < peaks.size(); ++rank) EXPECT_EQ(peaks[rank].bytes, counted[rank].activations);
  }
}

}  // namespace
}  // namespace triaxis
