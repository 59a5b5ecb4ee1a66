#include "render/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "schedule/period.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

/// What the page's scripts draw.
Json drawn_in(const std::string& page) {
  const std::string head = "<script type=\"application/json\" id=\"schedules\">";
  const std::size_t begin = page.find(head) + head.size();
  return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

std::string page_of(const Table& table, const Costs& costs = {}) {
  const Timeline timeline = time_table(table, costs);
  const PageSchedule schedule{table, timeline};
  return schedule_page({&schedule, 1}, "");
}

TEST(SchedulePage, HasEveryActionAndTheFigures) {
  for (const auto& row : schedules()) {
    const Table table = make_schedule(row, {4, 8, row.default_stages_per_rank});
    const Costs costs{{1}, {1.2}, {0.8}, 0.1, {}};
    const Timeline timeline = time_table(table, costs);
    const auto verification = verify(table);
    const Json drawn = drawn_in(page_of(table, costs)).at(0);
    EXPECT_EQ(drawn["name"], row.name);
    EXPECT_EQ(drawn["makespan"], timeline.makespan);
    EXPECT_EQ(drawn["bubble_ratio"], timeline.bubble_ratio);
    EXPECT_DOUBLE_EQ(drawn["end"].get<double>() - drawn["begin"].get<double>(), timeline.makespan);
    for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
      EXPECT_EQ(drawn["peaks"][rank], verification.ranks[rank].activations);
      const Json& blocks = drawn["rows"][rank];
      std::size_t block = 0;
      for (std::size_t i = 0; i < table.rows[rank].size(); ++i) {
        const Action action = table.rows[rank][i];
        if (!is_compute(action.kind)) continue;
        EXPECT_EQ(blocks["kinds"].get<std::string>().substr(block, 1), kind_text(action.kind));
        EXPECT_EQ(blocks["stages"][block], action.stage);
        EXPECT_EQ(blocks["microbatches"][block], action.microbatch);
        EXPECT_EQ(blocks["starts"][block], timeline.spans[rank][i].start);
        EXPECT_EQ(blocks["ends"][block], timeline.spans[rank][i].end);
        ++block;
      }
      EXPECT_EQ(blocks["starts"].size(), block);
    }
  }
}

TEST(SchedulePage, APairSharesItsRowAndWhatTakesNoTimeIsLeftOut) {
  const Table table = table_of(TableKind::kTrain, 1, 2, {"0F0 (0F1;0I0)OVERLAP_F_B 0W0 0R1 0B1 0REDUCE_GRAD"});
  const Json row = drawn_in(page_of(table)).at(0)["rows"][0];
  EXPECT_EQ(row["kinds"], "FFIWRB");
  EXPECT_EQ(row["lanes"], "012000");
  EXPECT_THAT(row["held"], ElementsAre(1, 2, 1, 0));
}

TEST(SchedulePage, ComparesTwoSchedules) {
  const Table first = make_schedule("1f1b", {2, 3, 1});
  const Table second = make_schedule("gpipe", {2, 3, 1});
  const Timeline first_timeline = time_table(first, {});
  const Timeline second_timeline = time_table(second, {});
  const std::string page =
      schedule_page(std::vector<PageSchedule>{{first, first_timeline}, {second, second_timeline, {}, 0.5}}, "a < b");
  const Json drawn = drawn_in(page);
  ASSERT_EQ(drawn.size(), 2U);
  EXPECT_EQ(drawn[1]["name"], "gpipe");
  EXPECT_EQ(drawn[1]["unit"], 0.5);
  EXPECT_THAT(page, HasSubstr("<title>1f1b / gpipe</title>"));
  EXPECT_THAT(page, HasSubstr("<p class=\"note\">a &lt; b</p>"));
  EXPECT_THAT(page, HasSubstr("<tr><td>1f1b</td><td>2</td><td>2</td><td>3</td><td>12</td><td>25.0 %</td>"
                              "<td>2 (least 1)</td></tr>"));
}

TEST(SchedulePage, HasUpdatesVersionsAndPeriodOfAnAsynchronousTable) {
  const Table table = make_schedule("pipedream", {2, 8, 1});
  const Costs costs;
  const Timeline timeline = time_table(table, costs);
  const PageSchedule schedule{table, timeline, period_of(table, costs)};
  const std::string page = schedule_page({&schedule, 1}, "");
  const Json updates = drawn_in(page).at(0)["rows"][1]["updates"];
  ASSERT_EQ(updates.size(), 8U);
  EXPECT_THAT(updates[0], ElementsAre(4, 4, 1, 0));
  EXPECT_THAT(page, HasSubstr("<td>3</td><td>0.0 %</td><td>2 (least 1)</td><td>1 (least 0)</td></tr>"));
  EXPECT_THAT(page, HasSubstr("update of weights</span>"));
}

TEST(SchedulePage, AStepHasNoColumnsOfVersions) {
  const std::string page = page_of(make_schedule("1f1b", {2, 3, 1}));
  for (const auto* name : {">period<", ">versions of weights<", ">staleness<", ">update of weights<"})
    EXPECT_THAT(page, Not(HasSubstr(name)));
}

TEST(SchedulePage, NeedsNothingElse) {
  const std::string page = page_of(make_schedule("gpipe", {2, 2, 1}));
  for (const auto* outside : {"http://", "https://", "src=", "href=", "@import", "url(", "fetch(", "import "})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(SchedulePage, NoNameEndsTheScript) {
  Table table = make_schedule("gpipe", {1, 1, 1});
  table.name = "</script><b>\xff";
  const std::string page = page_of(table);
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;b&gt;"));
  EXPECT_EQ(drawn_in(page).at(0)["name"], "</script><b>\xEF\xBF\xBD");
}

TEST(SchedulePage, NoTimeAtAllIsDrawnToo) {
  const Json drawn = drawn_in(page_of(make_schedule("gpipe", {2, 2, 1}), {{0}, {0}, {0}, 0, {}})).at(0);
  EXPECT_EQ(drawn["rows"][1]["starts"].size(), 0U);
  EXPECT_EQ(drawn["end"], 0);
}

}  // namespace
}  // namespace triaxis
