#include "config/value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/toml.h"

namespace triaxis {
namespace {

template <typename... Calls>
struct Overloaded : Calls... {
  using Calls::operator()...;
};
template <typename... Calls>
Overloaded(Calls...) -> Overloaded<Calls...>;

std::optional<std::vector<int64_t>> read_list(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return {};
  std::vector<int64_t> list;
  for (const toml::node& entry : *array) {
    std::optional<int64_t> value = entry.value_exact<int64_t>();
    if (!value) return {};
    list.push_back(*value);
  }
  return list;
}

bool in_range(const Domain& domain, double value) {
  if (!std::isfinite(value)) return false;
  const bool not_too_high = domain.below_high ? value < domain.high : value <= domain.high;
  return not_too_high && (domain.above_low ? value > domain.low : value >= domain.low);
}

// "block:4" for the choice "block:N", "none" for "none".
bool matches(std::string_view choice, std::string_view text) {
  if (!choice.ends_with(":N")) return choice == text;
  choice.remove_suffix(1);
  if (!text.starts_with(choice)) return false;
  text.remove_prefix(choice.size());
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= 1;
}

// Whole numbers without an exponent, "1000000000".
std::string bound(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

std::string describe_range(const Domain& domain) {
  const bool has_low = std::isfinite(domain.low);
  const bool has_high = std::isfinite(domain.high);
  if (!has_high)
    return has_low ? fmt::format(" {} {}", domain.above_low ? "above" : "of at least", bound(domain.low)) : "";
  return fmt::format(" from {} {} {}", bound(domain.low), domain.below_high ? "to below" : "to", bound(domain.high));
}

std::string describe_text(const Domain& domain) {
  std::vector<std::string> choices;
  for (std::string_view choice : domain.choices) {
    if (!choice.empty()) choices.push_back(toml_string(choice));
  }
  if (choices.empty()) return domain.low > 0 ? "a text that is not empty" : "a text";
  std::string last = choices.back();
  choices.pop_back();
  return choices.empty() ? last : fmt::format("{} or {}", fmt::join(choices, ", "), last);
}

}  // namespace

bool read_value(const toml::node& node, const Field& field) {
  auto store = [](auto value, auto* out) {
    if (value) *out = std::move(*value);
    return value.has_value();
  };
  return std::visit(Overloaded{[&](bool* out) { return store(node.value_exact<bool>(), out); },
                               [&](int* out) { return node.is_integer() && store(node.value<int>(), out); },
                               [&](int64_t* out) { return store(node.value_exact<int64_t>(), out); },
                               [&](double* out) { return node.is_number() && store(node.value<double>(), out); },
                               [&](std::string* out) { return store(node.value_exact<std::string>(), out); },
                               [&](std::vector<int64_t>* out) { return store(read_list(node), out); }},
                    field);
}

bool accepts(const Domain& domain, const Field& field) {
  return std::visit(Overloaded{[](const bool*) { return true; },
                               [&](const std::string* text) {
                                 if (domain.choices.front().empty())
                                   return static_cast<double>(text->size()) >= domain.low;
                                 return std::ranges::any_of(domain.choices, [&](std::string_view choice) {
                                   return !choice.empty() && matches(choice, *text);
                                 });
                               },
                               [&](const std::vector<int64_t>* list) {
                                 return std::ranges::all_of(*list, [&](int64_t entry) {
                                   return in_range(domain, static_cast<double>(entry));
                                 });
                               },
                               [&](const auto* number) { return in_range(domain, static_cast<double>(*number)); }},
                    field);
}

std::string describe(const Domain& domain, const Field& field) {
  return std::visit(
      Overloaded{[](const bool*) -> std::string { return "true or false"; },
                 [&](const std::string*) { return describe_text(domain); },
                 [&](const std::vector<int64_t>*) { return "a list of whole numbers" + describe_range(domain); },
                 [&](const double*) { return "a number" + describe_range(domain); },
                 [&](const auto*) { return "a whole number" + describe_range(domain); }},
      field);
}

std::string to_toml(const Field& field) {
  return std::visit(
      Overloaded{[](const std::string* text) { return toml_string(*text); },
                 [](const double* number) { return toml_number(*number); },
                 [](const std::vector<int64_t>* list) { return fmt::format("[{}]", fmt::join(*list, ", ")); },
                 [](const auto* value) { return fmt::format("{}", *value); }},
      field);
}

}  // namespace triaxis
