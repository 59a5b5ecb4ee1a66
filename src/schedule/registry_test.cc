#include "schedule/registry.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "schedule/csv.h"
#include "schedule/testing/tables.h"

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
  EXPECT_EQ(csv_of("interleaved", {3, 4, 2}), golden("interleaved"));
  EXPECT_EQ(csv_of("bfs", {2, 3, 2}), golden("bfs"));
  EXPECT_EQ(csv_of("zb-h1", {4, 8, 1}), golden("zb-h1"));
  EXPECT_EQ(csv_of("zb-h2", {4, 8, 1}), golden("zb-h2"));
  EXPECT_EQ(csv_of("zb-v", {3, 6, 2}), golden("zb-v"));
  EXPECT_EQ(csv_of("v-half", {4, 6, 2}), golden("v-half"));
  EXPECT_EQ(csv_of("v-min", {4, 6, 2}), golden("v-min"));
  EXPECT_EQ(csv_of("interleaved-zb", {3, 6, 2}), golden("interleaved-zb"));
  EXPECT_EQ(csv_of("chimera", {4, 8, 2}), golden("chimera"));
  EXPECT_EQ(csv_of("hanayo", {3, 4, 4}), golden("hanayo"));
  EXPECT_EQ(csv_of("dualpipe", {4, 8, 2}), golden("dualpipe"));
  EXPECT_EQ(csv_of("dualpipev", {3, 6, 2}), golden("dualpipev"));
  EXPECT_EQ(csv_of("pipedream", {3, 6, 1}), golden("pipedream"));
  EXPECT_EQ(csv_of("pipedream-2bw", {3, 8, 1}), golden("pipedream-2bw"));
  EXPECT_EQ(csv_of("forward", {3, 5, 2}), golden("forward"));
}

TEST(Registry, ThePageListsEveryRow) {
  const auto root = std::filesystem::path(__FILE__).parent_path() / "../..";
  const std::string page = read_file(root / "docs/schedules.md");
  for (const auto& row : schedules()) {
    EXPECT_THAT(page, HasSubstr(fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} |", row.name, row.summary,
                                            row.bubble_text, row.peak_text, row.stages_text, row.domain_text,
                                            row.copies_text, row.source)));
  }
}

std::string mistake_in(std::string_view name, const ScheduleRequest& request) {
  return user_error_of([&] { make_schedule(name, request); });
}

TEST(Registry, RequestsOutsideTheDomainAreRefused) {
  EXPECT_THAT(
      mistake_in("1f2b", {2, 2, 1}),
      HasSubstr("no schedule is called '1f2b': did you mean '1f1b'?; there are naive, gpipe, 1f1b, interleaved"));
  EXPECT_THAT(mistake_in("something", {2, 2, 1}), HasSubstr("no schedule is called 'something'; there are naive"));
  EXPECT_THAT(mistake_in("gpipe", {0, 2, 1}), HasSubstr("cannot have 0 ranks; at least 1 is needed"));
  EXPECT_THAT(mistake_in("gpipe", {2, -1, 1}), HasSubstr("cannot have -1 microbatches"));
  EXPECT_THAT(mistake_in("gpipe", {2, 2, 0}), HasSubstr("cannot have 0 stages per rank"));
  EXPECT_THAT(
      mistake_in("gpipe", {2, 2, 3}),
      HasSubstr("gpipe has 1 stage a rank, not 3; these can have 3: interleaved, bfs, interleaved-zb, auto, forward"));
  EXPECT_THAT(mistake_in("zb-v", {2, 2, 1}), HasSubstr("zb-v has 2 stages a rank, not 1; these can have 1: naive"));
  EXPECT_THAT(mistake_in("chimera", {3, 4, 2}), HasSubstr("chimera: needs an even number of ranks, such as 2 or 4"));
  EXPECT_THAT(mistake_in("chimera", {4, 5, 2}), HasSubstr("an even number of microbatches, such as 4 or 6, not 5"));
  EXPECT_THAT(mistake_in("hanayo", {4, 5, 3}), HasSubstr("an even number of stages a rank, such as 2 or 4, not 3"));
  EXPECT_THAT(mistake_in("dualpipe", {4, 6, 2}), HasSubstr("4 ranks need at least 8 microbatches, not 6"));
  EXPECT_THAT(mistake_in("dualpipev", {4, 7, 2}), HasSubstr("4 ranks need at least 8 microbatches, not 7"));
  EXPECT_THAT(mistake_in("pipedream-2bw", {.ranks = 4, .microbatches = 8, .update_every = 3}),
              HasSubstr("4 ranks need at least 4 microbatches an update, not 3"));
  EXPECT_THAT(mistake_in("forward", {2000000000, 1, 2000000000}), HasSubstr("at most 65536 stages"));
  EXPECT_THAT(mistake_in("gpipe", {1024, 2000000000, 1}), HasSubstr("stages times microbatches may be at most"));
}

}  // namespace
}  // namespace triaxis
