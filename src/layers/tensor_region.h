// The only two places where a layer's numbers cross the tensor axis (Megatron-LM's f and g; Shoeybi et al. 2019).
#pragma once

#include "layers/context.h"

namespace triaxis {

/// Into column-parallel work: the identity forward.
inline const View& enter_tensor_region(const View& x) { return x; }

/// The other way: every logical shard has a summand of the input's gradient. partial [local_shards, tokens, n] is
/// consumed. RETURNS: the sum [tokens, n], in partial's memory.
View enter_tensor_region_backward(Context& ctx, const View& partial);

/// Out of row-parallel work: every logical shard has a summand of the output. partial [local_shards, tokens, n] is
/// consumed. Backward it is the identity. RETURNS: the sum [tokens, n], in partial's memory.
View leave_tensor_region(Context& ctx, const View& partial);

}  // namespace triaxis
