// What a rank says about a wait that did not end: the same words on every transport.
#pragma once

#include <functional>
#include <string>

namespace triaxis {

inline constexpr double kDefaultTimeout = 600;

/// A wait as its rank sees it. Ranks are those of the world.
struct WaitReport {
  int rank = 0;
  int peer = 0;
  bool sending = false;
  double seconds = 0;

  /// "rank 3 waited 600 s for a message from rank 2, doing 1F3; last completed 1F2". `activity` may be empty.
  std::string text(const std::function<std::string()>& activity) const;
};

}  // namespace triaxis
