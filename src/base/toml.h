// TOML text with its places, for readers of configurations and descriptions. Only source files include toml++ itself.
#pragma once

#include <toml++/impl/forward_declarations.h>

#include <string>
#include <string_view>

namespace triaxis {

/// Throws UserError with `name`, line and column if `text` is no TOML.
toml::table parse_toml(std::string_view text, std::string_view name);

/// RETURNS: where the value stands, as "file.toml:12".
std::string place(const toml::node& node);

/// RETURNS: `text` as a TOML string on one line, quoted and escaped.
std::string toml_string(std::string_view text);

/// RETURNS: `value` as a TOML float in its shortest form that reads back to the same bits.
std::string toml_number(double value);

}  // namespace triaxis
