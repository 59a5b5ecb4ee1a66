// What a step did to every parameter, as hashes of the global tensors that no layout changes.
#pragma once

#include <string>
#include <vector>

#include "train/trainer.h"

namespace triaxis {

struct TensorDigest {
  std::string name;
  double norm = 0;
  std::string hash;  ///< over the global tensor's float32 bits in row-major order
};

enum class DigestOf : std::uint8_t { kGradients, kWeights };

/// The model's own parameters in order, another end of a tie left out. Throws RunError if copies of a
/// tensor differ. RETURNS: the list at the first rank of the
/// model's group, empty elsewhere. COLLECTIVE OVER: all ranks of the grid.
std::vector<TensorDigest> digest(Trainer& trainer, const RunPlan& plan, DigestOf what);

}  // namespace triaxis
