// The instruction set that kernels run at. It is part of what decides the bits, so all ranks of a job run at the lowest
// among them: limit_isa(bitwise and of every rank's supported_isa()).
#pragma once

#include <cstdint>
#include <string_view>

namespace triaxis {

/// RETURNS: the instruction sets that this machine and the kernels both have, a bit each (Highway's HWY_* targets).
std::int64_t supported_isa();

/// RETURNS: the one that kernels use, as Highway calls it: "AVX3" (AVX-512), "AVX2", "SSE4", "NEON".
std::string_view isa_name();

/// Keeps the kernels and oneDNN to `targets`, a subset of supported_isa(). REQUIRES: before oneDNN's first use in the
/// process, after which it takes no limit any more (std::logic_error); no kernel is running.
void limit_isa(std::int64_t targets);

}  // namespace triaxis
