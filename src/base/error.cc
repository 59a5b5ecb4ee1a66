#include "base/error.h"

#include <fmt/format.h>

namespace triaxis {

void check(bool condition, std::string_view what, const char* file, int line) {
  if (condition) return;
  throw std::logic_error(fmt::format("{}:{}: {}", file, line, what));
}

}  // namespace triaxis
