#include "config/resume.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Config config_of(const std::vector<std::string>& sets) {
  return parse_config("[data]\npath = \"x\"\n[train]\nsteps = 50\n", "test.toml", sets);
}

TEST(Resume, WhatMustStayIsNamedWithBothValues) {
  const Config saved = config_of({});
  for (const auto& [set, was] : std::vector<std::pair<std::string, std::string>>{{"model.layers=2", "12"},
                                                                                 {"batch.global=64", "32"},
                                                                                 {"batch.micro=1", "2"},
                                                                                 {"numerics.tensor_shards=1", "0"},
                                                                                 {"numerics.data_groups=1", "0"},
                                                                                 {"train.seed=2", "1"}}) {
    const std::string key = set.substr(0, set.find('='));
    EXPECT_THAT([&] { resumed(saved, config_of({set}), "runs/a"); },
                ThrowsMessage<UserError>(AllOf(HasSubstr(key + " = "), HasSubstr("runs/a"), HasSubstr(" = " + was))));
  }
}

TEST(Resume, TheRestMayChange) {
  const Config saved = config_of({});
  const Config now = config_of({"parallel.data=2", "parallel.tensor=4", "parallel.pipeline=3", "log.every=7",
                                "checkpoint.keep=9", "comm.timeout=5", "optimizer.lr=1e-3", "train.steps=60",
                                "train.threads=3", "train.clock=wall", "data.path=y"});
  EXPECT_EQ(resumed(saved, now, "runs/a").parallel.tensor, 4);
}

TEST(Resume, OfImportedWeightsOnlyTheModelCounts) {
  const Config saved = kept(config_of({}));
  const Config now = resumed(saved, config_of({"batch.global=64", "train.seed=9", "train.steps=80"}), "runs/a", true);
  EXPECT_EQ(now.optimizer.decay_steps, 0);
  EXPECT_THROW(resumed(saved, config_of({"model.layers=2"}), "runs/a", true), UserError);
}

// The schedule of the learning rate was made for the steps of the first start.
TEST(Resume, DecayStepsAreKeptFromTheFirstStart) {
  const Config saved = kept(config_of({}));
  EXPECT_EQ(saved.optimizer.decay_steps, 50);
  EXPECT_EQ(resumed(saved, config_of({"train.steps=80"}), "a").optimizer.decay_steps, 50);
  EXPECT_EQ(resumed(saved, config_of({"optimizer.decay_steps=70"}), "a").optimizer.decay_steps, 70);
}

}  // namespace
}  // namespace triaxis
