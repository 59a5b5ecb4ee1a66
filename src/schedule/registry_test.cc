#include "schedule/registry.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "schedule/csv.h"
#include "schedule/testing/tables.h"
#include "schedule/timing.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

std::string golden(std::string_view name) {
  return read_file(std::filesystem::path(__FILE__).parent_path() / "testdata" / (std::string(name) + ".csv"));
}

TEST(Registry, TablesAreTheGoldenOnes) {
  const auto csv_of = [](std::string_view name, const ScheduleRequest& request) {
    return csv_of_steps(make_schedule(name, request), CsvDialect::kTriaxis);
  };
  EXPECT_EQ(csv_of("naive", {3, 3, 1}), golden("naive"));
  EXPECT_EQ(csv_of("gpipe", {4, 6, 1}), golden("gpipe"));
  EXPECT_EQ(csv_of("1f1b", {4, 8, 1}), golden("1f1b"));
  EXPECT_EQ(csv_of("forward", {3, 5, 2}), golden("forward"));
}

TEST(Registry, TheBubbleIsTheClosedForm) {
  const StageCosts costs{1, 1.25, 0.75};
  const Costs times{{costs.forward}, {costs.backward_input}, {costs.backward_weight}, 0, {}};
  for (const auto& row : schedules()) {
    for (int ranks = 1; ranks <= 16; ++ranks) {
      for (int microbatches = 1; microbatches <= 64; ++microbatches) {
        for (int chunks = 1; chunks <= (row.many_stages_per_rank ? 4 : 1); ++chunks) {
          const ScheduleRequest request{ranks, microbatches, chunks};
          const Timeline timeline = time_table(make_schedule(row, request), times);
          for (const double busy : timeline.busy) {
            EXPECT_DOUBLE_EQ(timeline.makespan - busy, row.bubble(request, costs))
                << row.name << " " << ranks << " " << microbatches << " " << chunks;
          }
        }
      }
    }
  }
}

TEST(Registry, ThePageListsEveryRow) {
  const auto root = std::filesystem::path(__FILE__).parent_path() / "../..";
  const std::string page = read_file(root / "docs/schedules.md");
  for (const auto& row : schedules()) {
    EXPECT_THAT(page, HasSubstr(fmt::format("| `{}` | {} | {} | {} | {} | {} |", row.name, row.summary, row.bubble_text,
                                            row.peak_text, row.many_stages_per_rank ? "1 or more" : "1", row.source)));
  }
}

std::string mistake_in(std::string_view name, const ScheduleRequest& request) {
  return user_error_of([&] { make_schedule(name, request); });
}

TEST(Registry, RequestsOutsideTheDomainAreRefused) {
  EXPECT_THAT(mistake_in("1f2b", {2, 2, 1}),
              HasSubstr("no schedule is called '1f2b': did you mean '1f1b'?; there are naive, gpipe, 1f1b, forward"));
  EXPECT_THAT(mistake_in("something", {2, 2, 1}), HasSubstr("no schedule is called 'something'; there are naive"));
  EXPECT_THAT(mistake_in("gpipe", {0, 2, 1}), HasSubstr("cannot have 0 ranks; at least 1 is needed"));
  EXPECT_THAT(mistake_in("gpipe", {2, -1, 1}), HasSubstr("cannot have -1 microbatches"));
  EXPECT_THAT(mistake_in("gpipe", {2, 2, 0}), HasSubstr("cannot have 0 stages per rank"));
  EXPECT_THAT(mistake_in("gpipe", {2, 2, 3}),
              HasSubstr("gpipe has 1 stage a rank, not 3; these can have several: forward"));
  EXPECT_THAT(mistake_in("forward", {2000000000, 1, 2000000000}), HasSubstr("at most 65536 stages"));
  EXPECT_THAT(mistake_in("gpipe", {1024, 2000000000, 1}), HasSubstr("stages times microbatches may be at most"));
}

}  // namespace
}  // namespace triaxis
