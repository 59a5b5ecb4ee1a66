#include "schedule/parse_costs.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::string_view kExample =
    "any of F, I, W, R, gather, reduce, update, send, transfer, FB, as in F=1,I=1,W=1,send=0,FB=3; all but the last "
    "three may have one value a stage, as in F=1:1:1.5:1";

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
        fmt::format("--costs: '{}' in '{}' is no time, which is a number from 0 up; give {}", text, entry, kExample));
  return value;
}

/// The cost of that name with one value a stage; null if there is none.
std::vector<double>* list_named(Costs& costs, std::string_view name) {
  if (name == "F") return &costs.forward;
  if (name == "I") return &costs.backward_input;
  if (name == "W") return &costs.backward_weight;
  if (name == "R") return &costs.recompute;
  if (name == "gather") return &costs.gather;
  if (name == "reduce") return &costs.reduce;
  if (name == "update") return &costs.update;
  return nullptr;
}

/// The cost of that name with one value; null if there is none.
double* time_named(Costs& costs, std::string_view name) {
  if (name == "send") return &costs.send;
  if (name == "transfer") return &costs.transfer;
  if (name == "FB") return &costs.overlapped.emplace();
  return nullptr;
}

void read_entry(std::string_view entry, Costs& costs) {
  const auto equals = entry.find('=');
  const std::string_view name = entry.substr(0, equals);
  auto* const list = list_named(costs, name);
  double* const time = list == nullptr ? time_named(costs, name) : nullptr;
  if (equals == std::string_view::npos || (list == nullptr && time == nullptr))
    throw UserError(fmt::format("--costs: '{}' is no cost; give {}", entry, kExample));
  std::vector<double> values;
  for (const auto value : split(entry.substr(equals + 1), ':')) values.push_back(parse_time(value, entry));
  if (list != nullptr) {
    *list = values;
  } else if (values.size() == 1) {
    *time = values.front();
  } else {
    throw UserError(fmt::format("--costs: '{}' has one value for all stages, not a list; give {}", entry, kExample));
  }
}

}  // namespace

Costs parse_costs(std::string_view text) {
  Costs costs;
  for (const std::string_view entry : split(text, ',')) read_entry(entry, costs);
  return costs;
}

}  // namespace triaxis
