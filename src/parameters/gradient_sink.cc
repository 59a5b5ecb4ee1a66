#include "parameters/gradient_sink.h"

#include <algorithm>

namespace triaxis {

void GradientSink::start(std::int64_t expected) {
  expected_ = expected;
  std::fill(done_.begin(), done_.end(), 0);
}

bool GradientSink::all_ready() const {
  return std::all_of(done_.begin(), done_.end(), [&](std::int64_t count) { return count == expected_; });
}

}  // namespace triaxis
