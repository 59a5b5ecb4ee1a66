#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/error.h"

namespace triaxis {
namespace {

using Json = nlohmann::json;

/// Receives nlohmann's events and builds the value. (Its own builder with a callback looks through the parent at the
/// end of every object, which takes quadratic time, and the one without lets duplicate names pass.)
class Builder {
 public:
  Builder(std::string_view name, int max_depth) : name_(name), max_depth_(static_cast<std::size_t>(max_depth)) {}

  Json take() { return std::move(root_); }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }  // JSON text has none
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const auto [member, added] = open_.back()->get_ref<Json::object_t&>().emplace(std::move(name), nullptr);
    if (!added) throw UserError(fmt::format("{}: two members are named {}", name_, json_quoted(member->first)));
    next_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) { fail_at(position); }

  [[noreturn]] void fail_at(std::size_t position) const {
    throw UserError(
        fmt::format("{}: no valid JSON: byte {} is wrong there, or the end came too soon", name_, position));
  }

 private:
  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_object()) return *next_ = std::move(value);
    auto& array = open_.back()->get_ref<Json::array_t&>();
    array.push_back(std::move(value));
    return array.back();
  }

  bool put(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (open_.size() >= max_depth_)
      throw UserError(fmt::format("{}: JSON nested deeper than {} levels", name_, max_depth_));
    open_.push_back(&place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view name_;
  std::size_t max_depth_;
  Json root_;
  std::vector<Json*> open_;  // from the root down; a parent does not grow while its child is open
  Json* next_ = nullptr;     // the member whose name was read last
};

[[noreturn]] void fail(std::string_view where, std::string_view what) {
  throw UserError(fmt::format("{}: {}", where, what));
}

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view name, int max_depth) {
  Builder builder(name, max_depth);
  // To nlohmann a zero byte between two tokens is the end of the text.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) builder.fail_at(zero + 1);
  check(Json::sax_parse(text.begin(), text.end(), &builder), "a JSON parse that fails throws");
  return builder.take();
}

std::string json_quoted(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string cut(text.substr(0, kLongest));
  if (text.size() > kLongest) cut += "...";
  return Json(cut).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::int64_t json_integer(const nlohmann::json& value, std::string_view where, std::int64_t least, std::int64_t most) {
  if (!value.is_number_integer()) fail(where, "must be a whole number");
  const bool beyond = value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>());
  if (beyond || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    fail(where, fmt::format("must be a whole number in [{}, {}]", least, most));
  return value.get<std::int64_t>();
}

std::uint64_t json_hash(const nlohmann::json& value, std::string_view where) {
  const std::string text = value.is_string() ? value.get<std::string>() : std::string();
  std::uint64_t hash = 0;
  std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (text != fmt::format("{:016x}", hash)) fail(where, "must be 16 lower-case hexadecimal digits");
  return hash;
}

JsonObject::JsonObject(const nlohmann::json& value, std::string where) : value_(&value), where_(std::move(where)) {
  if (!value.is_object()) fail(where_, "must be a JSON object");
}

bool JsonObject::has(std::string_view key) const { return value_->contains(key); }

bool JsonObject::has_value(std::string_view key) const { return has(key) && !member(key).is_null(); }

void JsonObject::expect_only(std::initializer_list<std::string_view> keys) const {
  for (const auto& member : value_->items())
    if (std::find(keys.begin(), keys.end(), member.key()) == keys.end())
      fail(where_, fmt::format("unknown member {}", json_quoted(member.key())));
}

std::string JsonObject::place(std::string_view key) const { return fmt::format("{}: \"{}\"", where_, key); }

const nlohmann::json& JsonObject::member(std::string_view key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) fail(where_, fmt::format("\"{}\" is missing", key));
  return *found;
}

std::int64_t JsonObject::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
  return json_integer(member(key), place(key), least, most);
}

double JsonObject::number(std::string_view key) const {
  const Json& value = member(key);
  if (!value.is_number()) fail(place(key), "must be a number");
  return value.get<double>();
}

bool JsonObject::boolean(std::string_view key) const {
  const Json& value = member(key);
  if (!value.is_boolean()) fail(place(key), "must be true or false");
  return value.get<bool>();
}

const std::string& JsonObject::string(std::string_view key) const {
  const Json& value = member(key);
  if (!value.is_string()) fail(place(key), "must be a string");
  return value.get_ref<const std::string&>();
}

const nlohmann::json& JsonObject::array(std::string_view key) const {
  const Json& value = member(key);
  if (!value.is_array()) fail(place(key), "must be an array");
  return value;
}

JsonObject JsonObject::object(std::string_view key) const { return {member(key), place(key)}; }

std::uint64_t JsonObject::hash(std::string_view key) const { return json_hash(member(key), place(key)); }

}  // namespace triaxis
