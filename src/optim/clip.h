// Clipping by the global norm (Pascanu et al. 2013).
#pragma once

namespace triaxis {

/// What every gradient is multiplied by so that the global norm, now `norm`, is at most `clip`; `clip` 0 leaves it
/// alone. RETURNS: NaN where `norm` is not finite, so that an update that must not happen cannot pass for a good one.
double clip_scale(double norm, double clip);

}  // namespace triaxis
