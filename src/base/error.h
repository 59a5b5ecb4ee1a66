// The two kinds of failure that a user sees, and the check for mistakes of our own.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace triaxis {

/// The user's mistake: what was wrong, where, and what would be valid, in one line. Exit code 2.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A failure at run time: a peer that died, a full disk, a NaN. Exit code 1.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws std::logic_error, naming the caller's place, unless `condition` holds. For contracts between our own parts.
/// Callers leave `file` and `line` out. (clang 14, which clang-tidy is part of, has no std::source_location yet.)
void check(bool condition, std::string_view what, const char* file = __builtin_FILE(), int line = __builtin_LINE());

}  // namespace triaxis
