// One number for all that a training step changes: equal in two checkpoints only if they would go on alike.
#pragma once

#include <string>

#include "checkpoint/reader.h"

namespace triaxis {

/// RETURNS: a hash over the global tensors, weights and moments, in the order of their names: of each its name, its
/// shape, and its float32 bits row after row. No layout changes it; moments that are not stored count as the zeros that
/// they are. Memory is bounded by a band of a tensor (rewrite.h). Throws UserError as CheckpointReader::read does.
std::string state_digest(CheckpointReader& reader);

}  // namespace triaxis
