// One value of a configuration, whatever its type: what it accepts, how it is read from TOML and written back.
#pragma once

#include <toml++/impl/forward_declarations.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace triaxis {

/// A member of a configuration.
using Field = std::variant<bool*, int*, int64_t*, double*, std::string*, std::vector<int64_t>*>;

/// What a field accepts beyond its type.
struct Domain {
  double low = -std::numeric_limits<double>::infinity();  ///< of numbers and of a list's entries; of texts the length
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;                        ///< `low` itself is out
  bool below_high = false;                       ///< `high` itself is out
  std::array<std::string_view, 5> choices = {};  ///< of texts; empty ones do not count. "block:N" takes any N from 1
};

/// Reads `node` into the field. RETURNS: false, the field unchanged, if the node has another type.
bool read_value(const toml::node& node, const Field& field);

/// RETURNS: whether the field's value lies in the domain. NaN and infinities never do.
bool accepts(const Domain& domain, const Field& field);

/// RETURNS: what a field takes, in words that follow "must be".
std::string describe(const Domain& domain, const Field& field);

/// RETURNS: the value as TOML.
std::string to_toml(const Field& field);

}  // namespace triaxis
