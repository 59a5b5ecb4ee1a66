#include "schedule/parse_costs.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <vector>

namespace triaxis {
namespace {

constexpr std::string_view kExample = "as in F=1,I=1,W=1,send=0,FB=3, lists with one value a stage as in F=1:1:1.5:1";

/// The parts of `text` between the separators.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

double parse_time(std::string_view text, std::string_view entry) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(value) || value < 0)
    throw UserError(
        fmt::format("--costs: '{}' in '{}' is no time; give a number from 0 up, {}", text, entry, kExample));
  return value;
}

}  // namespace

Costs parse_costs(std::string_view text) {
  Costs costs;
  for (const std::string_view entry : split(text, ',')) {
    const auto equals = entry.find('=');
    const std::string_view name = entry.substr(0, equals);
    std::vector<double> values;
    if (equals != std::string_view::npos)
      for (const auto value : split(entry.substr(equals + 1), ':')) values.push_back(parse_time(value, entry));
    const bool single = values.size() == 1;
    if (name == "F" && !values.empty())
      costs.forward = values;
    else if (name == "I" && !values.empty())
      costs.backward_input = values;
    else if (name == "W" && !values.empty())
      costs.backward_weight = values;
    else if (name == "send" && single)
      costs.send = values.front();
    else if (name == "FB" && single)
      costs.overlapped = values.front();
    else
      throw UserError(fmt::format("--costs: '{}' is no cost; give {}", entry, kExample));
  }
  return costs;
}

}  // namespace triaxis
