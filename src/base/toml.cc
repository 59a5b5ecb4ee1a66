#include "base/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace triaxis {

toml::table parse_toml(std::string_view text, std::string_view name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    std::ranges::replace(what, '\n', ' ');
    const toml::source_position& at = error.source().begin;
    throw UserError(fmt::format("{}:{}:{}: this is not TOML: {}", name, at.line, at.column, what));
  }
}

std::string place(const toml::node& node) {
  const toml::source_region& source = node.source();
  return fmt::format("{}:{}", source.path ? *source.path : std::string("?"), source.begin.line);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_number(double value) {
  std::string out = fmt::format("{}", value);
  const bool reads_as_integer = std::isfinite(value) && out.find_first_of(".e") == std::string::npos;
  return reads_as_integer ? out + ".0" : out;
}

}  // namespace triaxis
