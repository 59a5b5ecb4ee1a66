#include "spec/model.h"

#include <gmock/gmock.h>

namespace triaxis {
namespace {

using ::testing::ElementsAre;

TEST(Blocks, RunFromTheEmbeddingOverTheLayersToTheHead) {
  Model model;
  model.layers = 2;
  std::vector<std::string> names;
  for (const Block& block : blocks_of(model)) names.push_back(name_of(block));
  EXPECT_THAT(names, ElementsAre("embedding", "layers.0", "layers.1", "head"));
}

}  // namespace
}  // namespace triaxis
