#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "cli/elastic_probe.h"
#include "cli/elastic_slots.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ElasticSlots, OneMachineHasASlotARank) {
  Slots slots("", 8);
  EXPECT_EQ(slots.count(), 8);
  slots.lose(3);
  slots.lose(7);
  EXPECT_EQ(slots.count(), 7) << "rank 7 has no slot of its own any more";
  EXPECT_EQ(slots.hosts(), "");
  EXPECT_THAT(slots.names(), IsEmpty());
}

TEST(ElasticSlots, RanksFillHostsInOrder) {
  Slots slots("a:2,b,c:4", 7);
  EXPECT_EQ(slots.count(), 7);
  slots.lose(1);
  EXPECT_EQ(slots.hosts(), "a:1,b:1,c:4");
  slots.lose(1);
  EXPECT_EQ(slots.hosts(), "a:1,c:4");
  slots.lose_host("c");
  EXPECT_EQ(slots.hosts(), "a:1");
  EXPECT_THAT(slots.names(), ElementsAre("a"));
  EXPECT_EQ(slots.count(), 1);
}

TEST(ElasticSlots, WhatIsNoHostIsRefused) {
  for (const char* hosts : {"a:x", "a:0", "a:-1", "a:", "a:2b"}) EXPECT_THROW(Slots(hosts, 1), UserError) << hosts;
}

/// An agent in the place of ssh: "good" answers, "bad" fails, "dumb" says nothing.
class ElasticProbe : public ::testing::Test {
 protected:
  void SetUp() override {
    script_ = std::filesystem::temp_directory_path() / ("triaxis_agent_" + std::to_string(getpid()));
    std::ofstream(script_) << "#!/bin/sh\ncase $1 in good) exit 0;; dumb) sleep 60;; esac\nexit 255\n";
    std::filesystem::permissions(script_, std::filesystem::perms::owner_all);
    setenv("OMPI_MCA_plm_rsh_agent", script_.c_str(), 1);
  }
  void TearDown() override {
    std::filesystem::remove(script_);
    unsetenv("OMPI_MCA_plm_rsh_agent");
  }
  std::filesystem::path script_;
};

TEST_F(ElasticProbe, FindsTheSilentInTime) {
  using namespace std::chrono_literals;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(unreachable_hosts({"good", "bad", "dumb", "localhost"}, 500ms), ElementsAre("bad", "dumb"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(ElasticProbe, WithoutAnAgentNobodyIsAccused) {
  setenv("OMPI_MCA_plm_rsh_agent", "/nonexistent : ssh", 1);
  EXPECT_THAT(unreachable_hosts({"bad"}, std::chrono::milliseconds(500)), IsEmpty());
}

}  // namespace
}  // namespace triaxis
