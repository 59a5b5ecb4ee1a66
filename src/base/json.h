// JSON from files that may be damaged or hostile. Only source files include nlohmann/json.hpp itself.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace triaxis {

/// Parses one JSON value. Throws UserError, one line that starts with `name`, if `text` is no JSON, is not UTF-8, has
/// text after the value, a number beyond a double, two members of one name in an object, or arrays and objects nested
/// deeper than `max_depth`. Costs no more than a constant for each byte.
nlohmann::json parse_json(std::string_view text, std::string_view name, int max_depth = 16);

/// RETURNS: `text` in quotes on one line, escaped, cut where it is long: for messages about what a file holds.
std::string json_quoted(std::string_view text);

/// The value as a whole number in [least, most]. Throws UserError, starting with `where`, if it is none.
std::int64_t json_integer(const nlohmann::json& value, std::string_view where, std::int64_t least,
                          std::int64_t most = std::numeric_limits<std::int64_t>::max());

/// The value as a 64-bit hash: a string of 16 lower-case hexadecimal digits. Throws UserError, starting with `where`.
std::uint64_t json_hash(const nlohmann::json& value, std::string_view where);

/// The members of an object, read by type. What is missing or of another type is a UserError that starts with the
/// object's place.
/// VALID UNTIL: the JSON value goes.
class JsonObject {
 public:
  /// `where` is the object's place in messages: "model/config.json", "index.json: tensors[3]".
  JsonObject(const nlohmann::json& value, std::string where);

  const std::string& where() const { return where_; }
  bool has(std::string_view key) const;
  /// Whether the member is there and not null.
  bool has_value(std::string_view key) const;
  /// Throws UserError if there is any member but these.
  void expect_only(std::initializer_list<std::string_view> keys) const;

  std::int64_t integer(std::string_view key, std::int64_t least,
                       std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  double number(std::string_view key) const;
  bool boolean(std::string_view key) const;
  const std::string& string(std::string_view key) const;
  const nlohmann::json& array(std::string_view key) const;
  JsonObject object(std::string_view key) const;
  std::uint64_t hash(std::string_view key) const;
  const nlohmann::json& value() const { return *value_; }

 private:
  const nlohmann::json& member(std::string_view key) const;
  std::string place(std::string_view key) const;

  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace triaxis
