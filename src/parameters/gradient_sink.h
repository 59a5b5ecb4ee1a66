// Is told, layer by layer, that a parameter's weight gradient of one more microbatch is done, and so knows when its
// last is: a bucket may leave as soon as its units are ready, also where a stage is the whole model.
#pragma once

#include <cstdint>
#include <vector>

namespace triaxis {

class GradientSink {
 public:
  explicit GradientSink(std::size_t units) : done_(units, 0) {}

  /// Starts a step in which every unit gets `expected` contributions.
  void start(std::int64_t expected);
  void done(int unit) { ++done_[static_cast<std::size_t>(unit)]; }
  bool ready(int unit) const { return done_[static_cast<std::size_t>(unit)] == expected_; }
  bool all_ready() const;

 private:
  std::int64_t expected_ = 0;
  std::vector<std::int64_t> done_;
};

}  // namespace triaxis
