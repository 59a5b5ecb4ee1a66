// What the fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/error.h"

namespace triaxis {

/// Calls `read`. RETURNS: whether it accepted its input. A refusal must be one line that starts as `start` says, by
/// default with the file's name; whatever else is thrown ends the run as a crash.
template <typename Read>
bool accepts(Read read, std::string_view start = "file: ") {
  try {
    read();
    return true;
  } catch (const UserError& error) {
    const std::string_view what = error.what();
    if (!what.starts_with(start) || what.find('\n') != std::string_view::npos) std::abort();
    return false;
  }
}

inline void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace triaxis
