#include "optim/clip.h"

#include <cmath>
#include <limits>

namespace triaxis {

double clip_scale(double norm, double clip) {
  if (!std::isfinite(norm)) return std::numeric_limits<double>::quiet_NaN();
  return clip > 0 && norm > clip ? clip / norm : 1.0;
}

}  // namespace triaxis
