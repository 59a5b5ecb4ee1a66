// The layout that a run goes on with when slots for ranks are lost.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"

namespace triaxis {

/// The largest layout of at most `slots` ranks that `config`'s run can go on with, no degree above what it is now. The
/// data degree shrinks first: with the other degrees kept, the largest that is valid. Only if there is none, smaller
/// pipeline or tensor degrees: the most ranks first; among as many, the smaller data degree, then the larger tensor
/// degree. Valid is what plan_run accepts and fits, all ranks together, in `memory` bytes.
/// RETURNS: `config` with the degrees of that layout. Throws RunError if there is none, with a reason.
Config shrink_layout(const Config& config, int slots, std::int64_t memory);

/// "2x2x2": data, tensor, pipeline.
std::string layout_name(const ParallelConfig& parallel);

/// Whether steps under `after` have the bits of those under `before`, and why, for a message. REQUIRES: they differ in
/// degrees only.
std::string bits_after_change(const Config& before, const Config& after);

}  // namespace triaxis
