#include "optim/norm.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

namespace triaxis {
namespace {

Model small_model() {
  Model model;
  model.layers = 1;
  return model;
}

TEST(NormTable, HasOneEntryForEveryShardThatHoldsAWeight) {
  const std::vector<ParameterSpec> rows = parameters_of(small_model());
  const NormTable table(rows, 4);
  std::set<std::size_t> entries;
  for (std::size_t p = 0; p < rows.size(); ++p) {
    if (!rows[p].tied_to.empty()) continue;
    const std::int64_t shards = rows[p].tensor.kind == SpreadKind::kSharded ? 4 : 1;
    for (std::int64_t shard = 0; shard < shards; ++shard) {
      EXPECT_EQ(table.entry(p, shard), entries.size());
      entries.insert(table.entry(p, shard));
    }
  }
  EXPECT_EQ(entries.size(), table.size());
}

TEST(NormTable, RefusesWhatIsNotThere) {
  const std::vector<ParameterSpec> rows = parameters_of(small_model());
  const NormTable table(rows, 4);
  EXPECT_THROW(table.entry(0, 4), std::logic_error);                // the token embedding has shards 0 to 3
  EXPECT_THROW(table.entry(1, 1), std::logic_error);                // positions are replicated
  EXPECT_THROW(table.entry(rows.size() - 1, 0), std::logic_error);  // the head's end of the tie
  EXPECT_THROW(table.entry(rows.size(), 0), std::logic_error);
  EXPECT_THROW(table.global_norm(std::vector<double>(3)), std::logic_error);
}

TEST(NormTable, TheGlobalNormIsTheRootOfAllSums) {
  const std::vector<ParameterSpec> rows = parameters_of(small_model());
  const NormTable table(rows, 2);
  std::vector<double> sums(table.size());
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<double>(i);
  const auto last = static_cast<double>(sums.size() - 1);
  EXPECT_DOUBLE_EQ(table.global_norm(sums), std::sqrt(last * (last + 1) / 2));
}

}  // namespace
}  // namespace triaxis
