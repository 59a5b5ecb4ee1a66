#include "spec/spread.h"

#include <gmock/gmock.h>

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Attention or the MLP of a transformer layer under tensor parallelism (Shoeybi et al. 2019, figure 3).
std::vector<Operator> block() {
  return {pointwise("norm", replicated()), enter_tensor_region(), column_parallel("up"),
          pointwise("gelu", sharded(1)),   row_parallel("down"),  leave_tensor_region(),
          pointwise("bias", replicated())};
}

std::string verdict(const std::vector<Operator>& chain) { return check_chain(chain, replicated(), replicated()); }

TEST(CheckChain, PassesMegatronsBlocks) {
  EXPECT_THAT(verdict(block()), IsEmpty());
  std::vector<Operator> layer = block();
  const std::vector<Operator> second = block();
  layer.insert(layer.end(), second.begin(), second.end());
  EXPECT_THAT(verdict(layer), IsEmpty());
  EXPECT_THAT(verdict({}), IsEmpty());
}

// Without the enter, the forward is right and only the backward misses its sum: the mistake that trains, badly.
TEST(CheckChain, CatchesAMissingSumOfTheInputsGradient) {
  std::vector<Operator> chain = block();
  chain.erase(chain.begin() + 1);
  EXPECT_THAT(verdict(chain), AllOf(HasSubstr("gradient from up is partial"), HasSubstr("norm takes replicated")));
}

TEST(CheckChain, CatchesAMissingSumOfTheOutput) {
  std::vector<Operator> chain = block();
  chain.erase(chain.begin() + 5);
  EXPECT_THAT(verdict(chain), AllOf(HasSubstr("down gives partial"), HasSubstr("bias takes replicated")));
  chain.pop_back();
  EXPECT_THAT(verdict(chain), AllOf(HasSubstr("down gives partial"), HasSubstr("the output is replicated")));
}

TEST(CheckChain, CatchesADoubledSum) {
  std::vector<Operator> chain = block();
  chain.insert(chain.begin() + 5, leave_tensor_region());
  EXPECT_THAT(verdict(chain), HasSubstr("leave_tensor_region gives replicated but leave_tensor_region takes partial"));
  chain = block();
  chain.insert(chain.begin() + 1, enter_tensor_region());
  EXPECT_THAT(verdict(chain),
              HasSubstr("gradient from enter_tensor_region is replicated but enter_tensor_region takes partial"));
}

TEST(CheckChain, CatchesANormOverSlices) {
  std::vector<Operator> chain = block();
  chain[3] = pointwise("norm of slices", replicated());
  EXPECT_THAT(verdict(chain), AllOf(HasSubstr("up gives sharded(1)"), HasSubstr("norm of slices takes replicated")));
}

TEST(CheckChain, CatchesTheGradientThatLeavesTheChainUnsummed) {
  EXPECT_THAT(check_chain(std::vector{column_parallel("head")}, replicated(), sharded(1)),
              HasSubstr("the gradient from head is partial but the input is replicated"));
}

// A region without a parallel product in it gives every rank the same wrong thing: the type forbids that too.
TEST(CheckChain, CatchesARegionThatSumsWholeTensors) {
  EXPECT_THAT(verdict({enter_tensor_region(), leave_tensor_region()}), HasSubstr("leave_tensor_region takes partial"));
}

}  // namespace
}  // namespace triaxis
