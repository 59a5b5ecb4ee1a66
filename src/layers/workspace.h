// Memory that blocks use and leave: one a rank, whatever the number of its stages.
#pragma once

#include <cstdint>

#include "parameters/store.h"
#include "spec/model.h"
#include "tensor/arena.h"

namespace triaxis {

/// What the logits' memory holds now.
struct LogitsTag {
  enum class State : std::uint8_t { kNothing, kLogits, kGradient };
  std::int64_t serial = -1;
  State state = State::kNothing;
  bool operator==(const LogitsTag&) const = default;
};

struct WorkspaceShape {
  std::int64_t batch = 1;
  TensorSlice slice;
  bool head = false;  ///< whether this rank has the head, so needs logits
};

class Workspace {
 public:
  Workspace(const Model& model, const WorkspaceShape& shape, DType dtype, MemoryLedger& ledger);
  static std::size_t footprint(const Model& model, const WorkspaceShape& shape, DType dtype);

  View partial;   ///< [local_shards, tokens, hidden]: summands of the tensor axis
  View wide;      ///< [local_shards, tokens, the widest inner dimension]: gradients inside a branch
  View middle;    ///< [tokens, hidden]: the gradient between a layer's two branches
  View gradient;  ///< [tokens, hidden]: the gradient between two blocks
  View output;    ///< [tokens, hidden]: a stage's output that nobody receives
  View logits;    ///< [local_shards, tokens, vocabulary width], on the head's rank
  View maximum;   ///< [tokens]
  View sums;      ///< [local_shards, 2, tokens]
  LogitsTag tag;

 private:
  Arena arena_;
};

}  // namespace triaxis
