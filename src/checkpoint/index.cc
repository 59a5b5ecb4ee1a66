#include "checkpoint/index.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace triaxis {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kChecksum = "{\"checksum\":\"";
constexpr std::size_t kChecksumDigits = 16;
constexpr std::string_view kLineEnd = "\",\n";
constexpr std::string_view kFormat = "triaxis-checkpoint";
constexpr std::int64_t kVersion = 1;
constexpr int kDepth = 6;  // the index, tensors, a tensor, its slices, a slice; and a level to spare for messages

// Sizes up to here add and multiply without overflow: 2^48 elements are a petabyte.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 48;
constexpr std::int64_t kMaxFileBytes = std::int64_t{1} << 60;

[[noreturn]] void fail(std::string_view where, std::string_view what) {
  throw UserError(fmt::format("{}: {}", where, what));
}

std::string checksum_of(std::string_view body) { return hash_hex(std::as_bytes(std::span(body))); }

/// A double as JSON that reads back to the same bits. What is not finite stands as its bits in hexadecimal.
Json json_of(double value) {
  if (std::isfinite(value)) return value;
  return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(value));
}

double double_of(const Json& value, const std::string& where) {
  if (value.is_number_float()) return value.get<double>();
  const double result = std::bit_cast<double>(json_hash(value, where));
  if (std::isfinite(result)) fail(where, "must be a number with a decimal point, since it is finite");
  return result;
}

OrderedJson json_of(const Box& box, int file) {
  return {file, box.first_row, box.last_row, box.first_column, box.last_column};
}

/// The lines of an array, one element each.
template <typename Elements, typename ToJson>
std::string lines_of(std::string_view key, const Elements& elements, ToJson to_json) {
  std::string text = fmt::format(",\n\"{}\":[", key);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += to_json(elements[i]).dump();
  }
  return text + "\n]";
}

OrderedJson json_of_tensor(const StoredTensor& tensor) {
  OrderedJson slices = OrderedJson::array();
  for (const StoredSlice& slice : tensor.slices) slices.push_back(json_of(slice.box, slice.file));
  return {{"name", tensor.name}, {"shape", tensor.shape}, {"slices", std::move(slices)}};
}

StoredFile parse_file(const JsonObject& object) {
  object.expect_only({"name", "bytes", "header_hash"});
  StoredFile file;
  file.name = object.string("name");
  if (!is_plain_file_name(file.name) || file.name == kIndexName)
    fail(object.where(), fmt::format("{} is no name of a file in this directory", json_quoted(file.name)));
  file.bytes = static_cast<std::uint64_t>(object.integer("bytes", 0, kMaxFileBytes));
  file.header_hash = object.hash("header_hash");
  return file;
}

std::vector<std::int64_t> parse_shape(const JsonObject& object) {
  const std::string where = object.where() + ": \"shape\"";
  std::vector<std::int64_t> shape;
  for (const Json& size : object.array("shape")) shape.push_back(json_integer(size, where, 1, kMaxElements));
  if (shape.empty() || shape.size() > 2) fail(where, "must have one dimension or two");
  if (shape.size() == 2 && shape[0] > kMaxElements / shape[1]) fail(where, "is too large");
  return shape;
}

StoredSlice parse_slice(const Json& value, const std::string& where, int files) {
  if (!value.is_array() || value.size() != 5) fail(where, "a slice must be five numbers");
  const auto number = [&](std::size_t i) { return json_integer(value[i], where, 0, kMaxElements); };
  StoredSlice slice;
  slice.file = static_cast<int>(json_integer(value[0], where, 0, files - 1));
  slice.box = {number(1), number(2), number(3), number(4)};
  if (slice.box.empty()) fail(where, "a slice is empty");
  return slice;
}

/// Holds that the slices are consecutive ranges of whole rows, or else of whole columns, from the first to the last.
void check_cover(const StoredTensor& tensor, const std::string& where) {
  const Box all = whole(tensor.shape);
  const bool by_columns = !tensor.slices.empty() && tensor.slices.front().box.columns() < all.columns();
  std::int64_t covered = 0;
  for (const StoredSlice& slice : tensor.slices) {
    Box expected = all;
    (by_columns ? expected.first_column : expected.first_row) = covered;
    covered = by_columns ? slice.box.last_column : slice.box.last_row;
    (by_columns ? expected.last_column : expected.last_row) = covered;
    if (slice.box != expected) fail(where, "its slices are not consecutive ranges of whole rows or columns");
  }
  if (covered != (by_columns ? all.last_column : all.last_row)) fail(where, "its slices do not cover it");
}

StoredTensor parse_tensor(const JsonObject& object, int files) {
  object.expect_only({"name", "shape", "slices"});
  StoredTensor tensor;
  tensor.name = object.string("name");
  tensor.shape = parse_shape(object);
  const std::string where = object.where() + ": \"slices\"";
  for (const Json& slice : object.array("slices")) tensor.slices.push_back(parse_slice(slice, where, files));
  check_cover(tensor, where);
  return tensor;
}

template <typename Named>
void check_names_differ(const std::vector<Named>& all, std::string_view where) {
  std::set<std::string_view> names;
  for (const Named& one : all)
    if (!names.insert(one.name).second) fail(where, fmt::format("{} is there twice", json_quoted(one.name)));
}

/// What follows the first line, its checksum compared.
std::string_view checked_body(std::string_view text, std::string_view name) {
  constexpr std::size_t kFirstLine = kChecksum.size() + kChecksumDigits + kLineEnd.size();
  if (text.size() < kFirstLine || !text.starts_with(kChecksum) ||
      text.substr(kFirstLine - kLineEnd.size(), kLineEnd.size()) != kLineEnd)
    fail(name, "damaged: its first line is not the checksum of a checkpoint's index");
  const std::string_view body = text.substr(kFirstLine);
  if (text.substr(kChecksum.size(), kChecksumDigits) != checksum_of(body))
    fail(name, "damaged: its content does not have the checksum of its first line");
  return body;
}

}  // namespace

bool is_plain_file_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;
  return !name.empty() && name.size() <= kLongest && name.front() != '.' &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::string to_text(const CheckpointIndex& index) {
  std::string body = fmt::format("\"format\":\"{}\",\n\"version\":{},\n\"step\":{},\n\"sequences\":{},\n\"moments\":{}",
                                 kFormat, kVersion, index.step, index.sequences, index.moments);
  Json losses = Json::array();
  for (const double loss : index.losses) losses.push_back(json_of(loss));
  body += ",\n\"losses\":" + losses.dump();
  body += ",\n\"configuration\":" + Json(index.configuration).dump();
  body += ",\n\"data_checksum\":" + Json(index.data_checksum).dump();
  body += lines_of("files", index.files, [](const StoredFile& file) {
    return OrderedJson{
        {"name", file.name}, {"bytes", file.bytes}, {"header_hash", fmt::format("{:016x}", file.header_hash)}};
  });
  body += lines_of("tensors", index.tensors, json_of_tensor) + "\n}\n";
  return fmt::format("{}{}{}{}", kChecksum, checksum_of(body), kLineEnd, body);
}

CheckpointIndex parse_index(std::string_view text, std::string_view name) {
  checked_body(text, name);
  const Json json = parse_json(text, name, kDepth);
  const JsonObject object(json, std::string(name));
  if (object.string("format") != kFormat) fail(name, "no index of a checkpoint");
  if (const std::int64_t version = object.integer("version", 0); version != kVersion)
    fail(name, fmt::format("format version {}; this program reads version {}", version, kVersion));
  object.expect_only({"checksum", "format", "version", "step", "sequences", "moments", "losses", "configuration",
                      "data_checksum", "files", "tensors"});
  CheckpointIndex index;
  index.step = object.integer("step", 0);
  index.sequences = object.integer("sequences", 0);
  index.moments = object.boolean("moments");
  const std::string losses = fmt::format("{}: \"losses\"", name);
  for (const Json& loss : object.array("losses")) index.losses.push_back(double_of(loss, losses));
  index.configuration = object.string("configuration");
  index.data_checksum = object.string("data_checksum");
  for (const Json& file : object.array("files"))
    index.files.push_back(parse_file({file, fmt::format("{}: files[{}]", name, index.files.size())}));
  const auto files = static_cast<int>(index.files.size());
  for (const Json& tensor : object.array("tensors"))
    index.tensors.push_back(parse_tensor({tensor, fmt::format("{}: tensors[{}]", name, index.tensors.size())}, files));
  check_names_differ(index.files, name);
  check_names_differ(index.tensors, name);
  return index;
}

}  // namespace triaxis
