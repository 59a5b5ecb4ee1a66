// How a rank waits for something that only polling reveals, where ranks may outnumber cores.
#pragma once

#include <chrono>

namespace triaxis {

/// Polls again at once a few times, giving up the core in between, for the short waits between ranks that run; then
/// sleeps, each time a sixteenth longer, so that a long wait costs little time of the core and ends at most a sixteenth
/// (or one millisecond) late. Measured with eight ranks on two cores: a byte handed from rank to rank takes 4 us a hop,
/// and seven waiting ranks together take 8% of a core; with yielding alone they take a whole one.
class Backoff {
 public:
  /// Lets others run. RETURNS: whether it slept, so that rarer checks may be made.
  bool pause();

 private:
  int polls_ = 0;
  std::chrono::nanoseconds sleep_{0};
};

}  // namespace triaxis
