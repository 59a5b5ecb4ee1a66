#include "comm/wait_report.h"

#include <fmt/format.h>

#include <cmath>

namespace triaxis {

std::string WaitReport::text(const std::function<std::string()>& activity) const {
  const std::string what =
      sending ? fmt::format("rank {} to take a message", peer) : fmt::format("a message from rank {}", peer);
  const std::string doing = activity ? ", doing " + activity() : std::string();
  return fmt::format("rank {} waited {:g} s for {}{}", rank, std::round(10 * seconds) / 10, what, doing);
}

}  // namespace triaxis
