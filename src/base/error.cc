#include "base/error.h"

#include <fmt/format.h>

namespace triaxis {

void check(bool condition, std::string_view what, std::source_location where) {
  if (condition) return;
  throw std::logic_error(fmt::format("{}:{}: {}", where.file_name(), where.line(), what));
}

}  // namespace triaxis
