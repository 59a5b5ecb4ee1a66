#include "cli/topology.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string output_of(const std::string& arguments) {
  CLI::App app("test");
  add_topology(app);
  ::testing::internal::CaptureStdout();
  try {
    app.parse(arguments);
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  return ::testing::internal::GetCapturedStdout();
}

TEST(TopologyCommandTest, DrawsAndListsTheTextbookPlacement) {
  std::string text = output_of("topology --cluster 2x8 --tp 4 --pp 2 --dp 2");
  EXPECT_THAT(text, HasSubstr("2x8: 2 nodes of 8 devices; tp 4 x pp 2 x dp 2 in the order tp-cp-ep-pp-dp"));
  EXPECT_THAT(text, HasSubstr("rank  │   0   1   2   3 │── pp ──│   4   5   6   7 │"));
  EXPECT_THAT(text, HasSubstr("#1  ranks 4 5 6 7      node 0, GPU 4-7  NVLink"));
  EXPECT_THAT(text, HasSubstr("#7  ranks 7 15  nodes 0 1, GPU 7  InfiniBand"));
}

TEST(TopologyCommandTest, JsonHoldsEveryRankAndGroup) {
  const auto json =
      nlohmann::json::parse(output_of("topology --cluster 2x8 --tp 4 --pp 2 --dp 2 --order dp-pp-tp --json"));
  EXPECT_EQ(json["ranks"].size(), 16U);
  EXPECT_EQ(json["ranks"][9]["node"], 1);
  EXPECT_EQ(json["ranks"][9]["device"], 1);
  EXPECT_EQ(json["ranks"][9]["dp"], 1);
  EXPECT_EQ(json["ranks"][9]["tp"], 2);
  EXPECT_EQ(json["groups"]["tp"][0]["ranks"], (std::vector<int>{0, 4, 8, 12}));
  EXPECT_EQ(json["groups"]["tp"][0]["link"], "InfiniBand");
  EXPECT_EQ(json["groups"]["dp"][0]["link"], "NVLink");
  EXPECT_FALSE(json["groups"].contains("cp"));
  EXPECT_EQ(json["cluster"]["links"][0]["bandwidth"], 450e9);
}

TEST(TopologyCommandTest, MistakesAreUserErrors) {
  EXPECT_THAT([] { output_of("topology --cluster 2x8 --tp 4 --pp 2"); },
              ThrowsMessage<UserError>(HasSubstr("tp 4 x pp 2 x dp 2 would fit")));
  EXPECT_THAT([] { output_of("topology --cluster 2by8"); }, ThrowsMessage<UserError>(HasSubstr("as in 2x8")));
  EXPECT_THAT([] { output_of("topology --cluster 2x8 --dp 16 --order tp-pp"); },
              ThrowsMessage<UserError>(HasSubstr("dp has degree 16 and must be named")));
}

}  // namespace
}  // namespace triaxis
