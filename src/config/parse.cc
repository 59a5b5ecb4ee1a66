// From TOML and `--set` to a configuration: every key found in the schema, its value read, and what follows filled in.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/toml.h"
#include "config/config.h"
#include "config/schema.h"

namespace triaxis {
namespace {

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Key& key : schema()) {
    if (names.empty() || names.back() != key.section) names.emplace_back(key.section);
  }
  return names;
}

// A name as users write it; one that is no plain word is quoted, so that a message stays on one line.
std::string shown(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](unsigned char c) { return c > 0x20 && c != 0x7f; });
  return plain && !name.empty() ? std::string(name) : toml_string(name);
}

std::string shown(const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return toml_string(*text);
  if (auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  if (auto number = node.value_exact<int64_t>()) return std::to_string(*number);
  if (auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  return node.is_table() ? "a table" : node.is_array() ? "a list" : "a date or time";
}

// What somebody who wrote `section.name` may have meant.
std::string suggestion(std::string_view section, std::string_view name) {
  std::vector<std::string> same_name;
  std::vector<std::string> same_section;
  for (const Key& key : schema()) {
    if (key.name == name) same_name.push_back(full_name(key));
    if (key.section == section) same_section.emplace_back(key.name);
  }
  if (std::string near = nearest(name, same_section); !near.empty()) {
    return fmt::format("did you mean {}.{}?", section, near);
  }
  if (!same_name.empty()) return fmt::format("did you mean {}?", fmt::join(same_name, " or "));
  if (!same_section.empty()) return fmt::format("the keys of [{}] are {}", section, fmt::join(same_section, ", "));
  std::string near = nearest(section, section_names());
  return near.empty() ? fmt::format("the sections are {}", fmt::join(section_names(), ", "))
                      : fmt::format("did you mean [{}]?", near);
}

const Key& find_key(std::string_view section, std::string_view name, std::string_view where) {
  for (const Key& key : schema()) {
    if (key.section == section && key.name == name) return key;
  }
  std::string full = section.empty() ? shown(name) : fmt::format("{}.{}", shown(section), shown(name));
  throw UserError(fmt::format("{}: unknown key {}; {}", where, full, suggestion(section, name)));
}

// `subject` is what a message starts with: the place, the key and its value.
void read_key(Config& config, const Key& key, const toml::node& node, std::string_view subject) {
  Field field = key.field(config);
  if (!read_value(node, field)) {
    throw UserError(fmt::format("{}: must be {}", subject, describe(key.domain, field)));
  }
  if (auto why = objection(key, config)) throw UserError(fmt::format("{}: {}", subject, *why));
}

void read_table(Config& config, const toml::table& file) {
  const std::vector<std::string> sections = section_names();
  for (const auto& [name, node] : file) {
    const std::string_view section = name.str();
    const bool known = std::ranges::find(sections, section) != sections.end();
    if (!known && !node.is_table()) find_key("", section, place(node));
    if (!known) {
      throw UserError(
          fmt::format("{}: unknown section [{}]; {}", place(node), shown(section), suggestion(section, "")));
    }
    const toml::table* keys = node.as_table();
    if (keys == nullptr)
      throw UserError(fmt::format("{}: {} is a section, written [{}]", place(node), section, section));
    for (const auto& [key_name, value] : *keys) {
      const Key& key = find_key(section, key_name.str(), place(value));
      read_key(config, key, value, fmt::format("{}: {} = {}", place(value), full_name(key), shown(value)));
    }
  }
}

// The text of a `--set` as TOML: a string may leave its quotes out.
toml::table set_as_toml(const Key& key, const std::string& text, Config& config, std::string_view subject) {
  const Field field = key.field(config);
  const bool bare = std::holds_alternative<std::string*>(field) && !text.starts_with('"') && !text.starts_with('\'');
  const std::string line = "value = " + (bare ? toml_string(text) : text);
  try {
    toml::table table = parse_toml(line, subject);
    if (table.size() == 1) return table;
  } catch (const UserError&) {  // What the key takes says more than where the TOML broke.
  }
  throw UserError(fmt::format("{}: must be {}", subject, describe(key.domain, field)));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

void read_set(Config& config, const std::string& set) {
  const std::string subject = "--set " + shown(set);
  const size_t equals = set.find('=');
  if (equals == std::string::npos) throw UserError(subject + ": must be section.key=value");
  const std::string_view name = trimmed(std::string_view(set).substr(0, equals));
  const size_t dot = name.find('.');
  const Key& key = dot == std::string_view::npos ? find_key("", name, subject)
                                                 : find_key(name.substr(0, dot), name.substr(dot + 1), subject);
  const toml::table table = set_as_toml(key, set.substr(equals + 1), config, subject);
  read_key(config, key, *table.get("value"), subject);
}

// Gives the keys that were not given, and follow from others, their values.
void fill_in(Config& config, const TokenizerSymbols& symbols) {
  Model& model = config.model;
  if (model.kv_heads == 0) model.kv_heads = model.heads;
  if (model.ffn_hidden == 0) model.ffn_hidden = 4 * model.hidden;
  if (model.head_dim == 0 && model.hidden % model.heads != 0) {
    throw UserError(
        fmt::format("model.hidden = {} does not divide by model.heads = {}; set heads to a divisor of hidden, "
                    "or model.head_dim",
                    model.hidden, model.heads));
  }
  if (model.head_dim == 0) model.head_dim = model.hidden / model.heads;
  if (model.vocab == 0) model.vocab = symbols(config.data.tokenizer).value_or(0);
  if (config.log.metrics.empty()) {
    config.log.metrics = (std::filesystem::path(config.checkpoint.dir) / "metrics.jsonl").string();
  }
}

}  // namespace

Config parse_config(std::string_view text, std::string_view name, std::span<const std::string> sets,
                    const TokenizerSymbols& symbols) {
  Config config;
  // Not given until they are: no file can write these zeros, since the keys' domains start at 1.
  config.model.kv_heads = config.model.ffn_hidden = config.model.head_dim = 0;
  read_table(config, parse_toml(text, name));
  for (const std::string& set : sets) read_set(config, set);
  fill_in(config, symbols);
  validate(config, symbols);
  return config;
}

Config load_config(const std::filesystem::path& file, std::span<const std::string> sets,
                   const TokenizerSymbols& symbols) {
  const std::string name = shown(file.string());
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw UserError(name + ": no such file");
  if (std::filesystem::is_directory(file, ignored)) {
    throw UserError(name + ": is a directory; a configuration is a TOML file");
  }
  std::string text;
  try {
    text = read_file(file);
  } catch (const RunError& error) {
    throw UserError(error.what());
  }
  return parse_config(text, name, sets, symbols);
}

}  // namespace triaxis
