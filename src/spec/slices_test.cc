#include "spec/slices.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace triaxis {
namespace {

Model small_model() {
  Model model;
  model.layers = 4;
  model.hidden = 32;
  model.heads = 4;
  model.kv_heads = 4;
  model.head_dim = 8;
  model.ffn_hidden = 128;
  model.vocab = 259;
  model.seq_len = 16;
  return model;
}

SavedLayout layout_of(int data, int tensor, int pipeline, std::int64_t shards, std::string_view order = kDefaultOrder) {
  Degrees degrees;
  degrees.data = data;
  degrees.tensor = tensor;
  degrees.pipeline = pipeline;
  SavedLayout layout{Grid(degrees, order), shards, {}};
  for (int block = 0; block < 6; ++block) layout.rank_of_block.push_back(block * pipeline / 6);
  return layout;
}

std::int64_t area(const std::vector<OwnedSlice>& slices, const std::string& name) {
  std::int64_t sum = 0;
  for (const OwnedSlice& slice : slices) sum += slice.name == name ? slice.box.elements() : 0;
  return sum;
}

TEST(OwnedSlices, CoverEveryParameterOnceAndNoTie) {
  for (const auto& layout :
       {layout_of(1, 1, 1, 1), layout_of(2, 2, 2, 2), layout_of(3, 2, 1, 4), layout_of(2, 4, 3, 4, "dp-pp-tp")}) {
    const std::vector<OwnedSlice> slices = owned_slices(small_model(), layout);
    for (const ParameterSpec& row : parameters_of(small_model()))
      EXPECT_EQ(area(slices, row.name), row.tied_to.empty() ? elements(row) : 0) << row.name;
    for (const OwnedSlice& a : slices) {
      for (const OwnedSlice& b : slices) {
        if (&a == &b || a.name != b.name) continue;
        EXPECT_TRUE(intersection(a.box, b.box).empty()) << a.name;
      }
    }
  }
}

TEST(OwnedSlices, AreSavedByARankThatHoldsThem) {
  const SavedLayout layout = layout_of(2, 2, 2, 4);
  for (const OwnedSlice& slice : owned_slices(small_model(), layout)) {
    const Coordinates at = layout.grid.coordinates(slice.rank);
    EXPECT_EQ(at.pipeline, slice.name < "layers.2" && !slice.name.starts_with("head") ? 0 : 1) << slice.name;
    if (slice.box == whole(slice.shape)) continue;
    const bool is_low = slice.box.first_row == 0 && slice.box.first_column == 0;
    EXPECT_EQ(at.tensor, is_low ? 0 : 1) << slice.name;
  }
}

// Copies over the data axis share what is to be written.
TEST(OwnedSlices, AreSpreadOverTheRanks) {
  const SavedLayout layout = layout_of(4, 2, 1, 2);
  std::map<int, std::int64_t> load;
  std::int64_t total = 0;
  for (const OwnedSlice& slice : owned_slices(small_model(), layout)) {
    load[slice.rank] += slice.box.elements();
    total += slice.box.elements();
  }
  EXPECT_EQ(load.size(), 8U);
  for (const auto& [rank, elements] : load) EXPECT_LT(elements, total / 8 * 13 / 10) << rank;
}

}  // namespace
}  // namespace triaxis
