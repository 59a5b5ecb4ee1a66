// Which rank writes which part of which parameter to a checkpoint.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "spec/box.h"
#include "spec/stages.h"
#include "topology/grid.h"

namespace triaxis {

/// A part of a parameter and the one rank of those that hold it which saves it.
struct OwnedSlice {
  std::string name;
  std::vector<std::int64_t> shape;  ///< of the whole parameter
  Box box;
  int rank = 0;
};

/// What a layout holds of a model, for those who save it.
struct SavedLayout {
  Grid grid;
  std::int64_t tensor_shards = 1;
  std::vector<int> rank_of_block;  ///< the pipeline rank of each of blocks_of(model)
};

/// Every part once: parameters in the model's order, the parts of each in order of their boxes. Another end of a tie is
/// not saved. Of the ranks that hold a part, the one with the least to save so far has it, so that copies over the data
/// axis share the work.
std::vector<OwnedSlice> owned_slices(const Model& model, const SavedLayout& layout);

}  // namespace triaxis
