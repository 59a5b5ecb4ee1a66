#include "topology/cluster.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr std::string_view kTwoLevels = R"(name = "pair"
device = "A100"

[[link]]
name = "NVLink"
devices = 4
bandwidth = 300e9
latency = 2e-6

[[link]]
name = "Ethernet"
devices = 8
bandwidth = 12500000000
latency = 2e-5
)";

TEST(ClusterTest, ShortFormIsNodesOfDevices) {
  Cluster cluster = load_cluster("2x8");
  EXPECT_EQ(cluster.devices(), 16);
  EXPECT_EQ(cluster.nodes(), 2);
  EXPECT_EQ(cluster.devices_per_node(), 8);
  ASSERT_EQ(cluster.levels.size(), 2U);
  EXPECT_EQ(cluster.levels[0].name, "NVLink");
  EXPECT_EQ(2 * cluster.levels[0].bandwidth, 900e9);
  EXPECT_EQ(2 * cluster.levels[1].bandwidth, 100e9);
  EXPECT_EQ(load_cluster("1x8").levels.size(), 1U);
  EXPECT_EQ(load_cluster("1x1").devices(), 1);
}

TEST(ClusterTest, FileGivesLevelsInnermostFirst) {
  Cluster cluster = parse_cluster(kTwoLevels, "pair.toml");
  EXPECT_EQ(cluster.name, "pair");
  EXPECT_EQ(cluster.device, "A100");
  EXPECT_EQ(cluster.nodes(), 2);
  EXPECT_EQ(cluster.levels[1].name, "Ethernet");
  EXPECT_EQ(cluster.levels[1].bandwidth, 12.5e9);
  EXPECT_EQ(cluster.levels[1].latency, 2e-5);
}

TEST(ClusterTest, ShippedFilesAreValid) {
  std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "../../clusters";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Cluster cluster = load_cluster(entry.path().string());
    EXPECT_EQ(cluster.name, entry.path().stem());
    ++files;
  }
  EXPECT_GE(files, 1);
}

struct BadFile {
  std::string_view old_text;
  std::string_view new_text;
  std::string_view message;
};

class BadClusterTest : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadClusterTest, IsRefusedInOneLine) {
  std::string text(kTwoLevels);
  size_t at = text.find(GetParam().old_text);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().old_text.size(), GetParam().new_text);
  EXPECT_THAT([&] { parse_cluster(text, "pair.toml"); },
              ThrowsMessage<UserError>(AllOf(HasSubstr(std::string(GetParam().message)), Not(HasSubstr("\n")))));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadClusterTest,
    ::testing::Values(BadFile{"latency = 2e-6", "latency = ", "pair.toml:8:"},
                      BadFile{"name = \"pair\"\n", "", "pair.toml: name is needed"},
                      BadFile{"\"A100\"", "100", "pair.toml: device is needed, a text in quotes"},
                      BadFile{"device =", "devise =", "pair.toml:2: unknown key \"devise\"; did you mean device?"},
                      BadFile{"name = \"NVLink\"\n", "", "pair.toml:4: a [[link]]: name is needed"},
                      BadFile{"devices = 8", "devices = 6", "pair.toml:10: a [[link]] needs devices"},
                      BadFile{"devices = 8", "devices = 6", "a multiple of the level below's 4"},
                      BadFile{"devices = 4", "devices = 0", "1 to 16777216"},
                      BadFile{"devices = 4", "devices = 4.0", "the whole number of devices"},
                      BadFile{"bandwidth = 300e9", "bandwidth = -1", "bandwidth, a positive number of bytes a second"},
                      BadFile{"bandwidth = 300e9", "bandwidth = nan", "bandwidth, a positive number of bytes a second"},
                      BadFile{"bandwidth = 300e9", "bandwith = 300e9",
                              "pair.toml:7: unknown key \"bandwith\"; did you mean bandwidth?"},
                      BadFile{"latency = 2e-6", "latency = \"fast\"", "latency, a positive number of seconds"},
                      BadFile{"latency = 2e-6\n", "", "latency, a positive number of seconds"}));

TEST(ClusterTest, OtherNamesAreRefused) {
  for (std::string_view name :
       {"2x", "x8", "0x8", "2x8x2", "-1x8", "99999999x8", "4096x8192", "nowhere.toml", "", "/", "a\nb"}) {
    EXPECT_THAT([&] { load_cluster(name); },
                ThrowsMessage<UserError>(AllOf(HasSubstr("neither nodes x devices"), Not(HasSubstr("\n")))))
        << name;
  }
  EXPECT_THAT([] { parse_cluster("name = 'x'\ndevice = 'y'\nlink = 3", "x.toml"); },
              ThrowsMessage<UserError>(HasSubstr("x.toml: needs a [[link]] for every level")));
  EXPECT_THAT([] { parse_cluster("name = 'x'\ndevice = 'y'\nlink = [3]", "x.toml"); },
              ThrowsMessage<UserError>(HasSubstr("x.toml:3: link has to be written as tables")));
}

}  // namespace
}  // namespace triaxis
