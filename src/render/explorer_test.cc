#include "render/explorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "render/explorer_tables.h"
#include "schedule/registry.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

std::vector<int> words_of(const std::string& base64) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<int> bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : base64.substr(0, base64.find('='))) {
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<int>(bits >> count & 255));
  }
  std::vector<int> words;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) words.push_back(bytes[i] | bytes[i + 1] << 8);
  return words;
}

Action unpacked(int word) {
  constexpr ActionKind kKinds[] = {ActionKind::kForward, ActionKind::kBackwardInput, ActionKind::kBackwardWeight,
                                   ActionKind::kBackward, ActionKind::kUpdate};
  Action action = make_action(kKinds[word >> 10 & 7], word >> 5 & 31, word & 31);
  action.with_next = (word >> 13 & 1) != 0;
  return action;
}

void expect_table(const std::vector<int>& words, std::size_t begin, const Table& table) {
  const Verification verification = verify(table);
  std::size_t next = begin + 3 * table.rows.size();
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    const auto head = begin + 3 * rank;
    ASSERT_EQ(words[head], static_cast<int>(table.rows[rank].size()));
    EXPECT_EQ(words[head + 1], verification.ranks[rank].activations);
    EXPECT_EQ(words[head + 2], verification.weight_versions[rank]);
    for (const Action action : table.rows[rank]) EXPECT_EQ(unpacked(words[next++]), action);
  }
}

/// Every schedule that needs no search, and one that says it does.
std::vector<ScheduleRow> quick_rows() {
  std::vector<ScheduleRow> rows;
  for (const ScheduleRow& row : schedules())
    if (!row.searches) rows.push_back(row);
  ScheduleRow searched = find_schedule("1f1b");
  searched.name = "searched";
  searched.searches = true;
  rows.push_back(searched);
  return rows;
}

/// Every schedule's table at each point of the grid, or what would be valid instead.
TEST(ExplorerTables, HasEverySchedule) {
  const std::vector<ScheduleRow> rows = quick_rows();
  const Json tables = explorer_tables(rows);
  const std::vector<int> words = words_of(tables["words"].get<std::string>());
  ASSERT_EQ(tables["schedules"].size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ScheduleRow& row = rows[i];
    const Json& schedule = tables["schedules"][i];
    EXPECT_EQ(schedule["name"], row.name);
    EXPECT_EQ(schedule["searches"], row.searches);
    std::size_t next = 0;
    for (const int ranks : tables["ranks"]) {
      for (const int microbatches : tables["microbatches"]) {
        for (const int stages : tables["chunks"]) {
          if (!row.many_stages_per_rank && stages != row.default_stages_per_rank) continue;
          const ScheduleRequest request{.ranks = ranks, .microbatches = microbatches, .stages_per_rank = stages};
          const Json& place = schedule["tables"].at(next++);
          if (place.is_string()) {
            EXPECT_EQ(place, row.outside(request));
          } else if (microbatches % 8 == 0 || ranks == 3) {
            expect_table(words, place.get<std::size_t>(), make_schedule(row, request));
          }
        }
      }
    }
    EXPECT_EQ(next, schedule["tables"].size());
  }
}

TEST(ExplorerPage, IsOnePageThatNeedsNothingElse) {
  const std::string page = explorer_page(quick_rows());
  EXPECT_LT(page.size(), 6U << 20);
  for (const auto* outside : {"https://", "src=", "href=", "@import", "url(", "fetch(", "import "})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

}  // namespace
}  // namespace triaxis
