#include <gmock/gmock.h>

#include "cli/supervise_training.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;

TEST(ResumingWords, ResumeTakesThePlaceOfOverwrite) {
  const ParallelConfig layout;
  EXPECT_THAT(resuming_words({"train", "a.toml", "--overwrite", "--set", "parallel.data=2"}, layout, layout),
              ElementsAre("train", "a.toml", "--set", "parallel.data=2", "--resume"));
  EXPECT_THAT(resuming_words({"train", "--resume", "a.toml"}, layout, layout),
              ElementsAre("train", "a.toml", "--resume"));
}

TEST(ResumingWords, ANewLayoutIsSetLastButBeforeTheEndOfOptions) {
  ParallelConfig before;
  before.data = before.tensor = before.pipeline = 2;
  ParallelConfig now = before;
  now.data = 1;
  now.pipeline = 1;
  EXPECT_THAT(resuming_words({"train", "--set", "parallel.data=2", "--", "a.toml"}, before, now),
              ElementsAre("train", "--set", "parallel.data=2", "--resume", "--set", "parallel.data=1", "--set",
                          "parallel.pipeline=1", "--", "a.toml"));
}

}  // namespace
}  // namespace triaxis
