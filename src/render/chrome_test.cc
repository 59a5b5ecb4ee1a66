#include "render/chrome.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "render/memory.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using Json = nlohmann::json;

/// The trace's events with that phase, of one rank, in the order of the file.
std::vector<Json> events_of(const Json& trace, const std::string& phase, int rank) {
  std::vector<Json> events;
  for (const Json& event : trace["traceEvents"])
    if (event["ph"] == phase && event["pid"] == rank) events.push_back(event);
  return events;
}

/// Holds every event of the trace to the table and its timeline.
void expect_whole(const Table& table, const Costs& costs) {
  const Timeline timeline = time_table(table, costs);
  const Json trace = Json::parse(chrome_trace(table, timeline));
  std::size_t expected = 0;
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    const auto& spans = timeline.spans[static_cast<std::size_t>(rank)];
    const auto actions = events_of(trace, "X", rank);
    ASSERT_EQ(actions.size(), row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      EXPECT_EQ(actions[i]["name"], action_text(row[i]));
      EXPECT_EQ(actions[i]["cat"], kind_text(row[i].kind));
      EXPECT_EQ(actions[i]["args"]["stage"], row[i].stage);
      EXPECT_EQ(actions[i]["ts"], spans[i].start) << action_text(row[i]);
      EXPECT_EQ(actions[i]["dur"], spans[i].end - spans[i].start) << action_text(row[i]);
      EXPECT_EQ(actions[i]["args"].value(row[i].kind == ActionKind::kUpdate ? "update" : "microbatch", kNoMicrobatch),
                row[i].microbatch);
    }
    const auto counts = events_of(trace, "C", rank);
    const auto points = memory_of_rank(table, timeline, rank);
    ASSERT_EQ(counts.size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      EXPECT_EQ(counts[i]["ts"], points[i].time);
      EXPECT_EQ(counts[i]["args"]["held"], points[i].activations);
    }
    const auto names = events_of(trace, "M", rank);
    ASSERT_EQ(names.size(), 3U);
    EXPECT_EQ(names[0]["args"]["name"], "rank " + std::to_string(rank));
    expected += actions.size() + counts.size() + names.size();
  }
  EXPECT_EQ(trace["traceEvents"].size(), expected);
  EXPECT_EQ(trace["otherData"]["makespan"], timeline.makespan);
}

TEST(Chrome, HasEveryActionOfEverySchedule) {
  for (const auto& row : schedules())
    expect_whole(make_schedule(row, {4, 8, row.default_stages_per_rank}), {{1}, {1.2}, {0.8}, 0.1, {}});
}

TEST(Chrome, HasOverlappedAndSplitActions) {
  const Table table = table_of(TableKind::kTrain, 1, 2, {"0F0 (0F1;0I0)OVERLAP_F_B 0W0 0R1 0B1 0REDUCE_GRAD"});
  expect_whole(table, {});
}

TEST(Chrome, KindsHaveColoursOfTheirOwn) {
  const Table table = table_of(TableKind::kAsynchronous, 1, 2, {"0F0 0F1 0I0 0W0 0R1 0B1 0OPT0"});
  const Json trace = Json::parse(chrome_trace(table, time_table(table, {})));
  std::set<std::string> colours;
  for (const Json& event : events_of(trace, "X", 0)) colours.insert(event["cname"].get<std::string>());
  EXPECT_EQ(colours.size(), 6U);
}

TEST(Chrome, AnyNameIsQuoted) {
  Table table = make_schedule("gpipe", {1, 1, 1});
  table.name = "a \"b\"\\\n\xff";
  EXPECT_EQ(Json::parse(chrome_trace(table, time_table(table, {})))["otherData"]["schedule"],
            "a \"b\"\\\n\xEF\xBF\xBD");
}

}  // namespace
}  // namespace triaxis
