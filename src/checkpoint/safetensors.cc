#include "checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file_handle.h"
#include "base/json.h"

namespace triaxis {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::string_view kMetadata = "__metadata__";
constexpr int kDepth = 4;  // the header, a tensor, its shape, and one too many, so that the tensor is named

struct TypeRow {
  StoredType type;
  std::string_view name;
  std::int64_t size;
};

constexpr std::array<TypeRow, 10> kTypes = {{{StoredType::kF64, "F64", 8},
                                             {StoredType::kF32, "F32", 4},
                                             {StoredType::kF16, "F16", 2},
                                             {StoredType::kBF16, "BF16", 2},
                                             {StoredType::kI64, "I64", 8},
                                             {StoredType::kI32, "I32", 4},
                                             {StoredType::kI16, "I16", 2},
                                             {StoredType::kI8, "I8", 1},
                                             {StoredType::kU8, "U8", 1},
                                             {StoredType::kBool, "BOOL", 1}}};

const TypeRow& row_of(StoredType type) { return kTypes[static_cast<std::size_t>(type)]; }

[[noreturn]] void fail(std::string_view where, std::string_view what) {
  throw UserError(fmt::format("{}: {}", where, what));
}

std::uint64_t length_of(std::span<const std::byte> start) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) length |= std::to_integer<std::uint64_t>(start[i]) << (8 * i);
  return length;
}

/// The length of the header's text, known to be within the file and the limit.
std::uint64_t checked_length(std::span<const std::byte> start, std::uint64_t file_bytes, std::string_view name) {
  if (start.size() < kLengthBytes || file_bytes < kLengthBytes)
    fail(name, "too short for a safetensors file: it has no header length");
  const std::uint64_t length = length_of(start);
  if (length > kMaxSafetensorsHeader)
    fail(name, fmt::format("a safetensors header of {} bytes; at most {} are allowed", length, kMaxSafetensorsHeader));
  if (length > file_bytes - kLengthBytes)
    fail(name, fmt::format("cut off: a safetensors header of {} bytes in a file of {}", length, file_bytes));
  return length;
}

StoredType type_of(const JsonObject& tensor) {
  const std::string& text = tensor.string("dtype");
  const auto* row =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& known) { return known.name == text; });
  if (row == kTypes.end()) fail(tensor.where(), fmt::format("unknown dtype {}", json_quoted(text)));
  return row->type;
}

/// The bytes of a tensor, refused where they pass 63 bits on the way.
std::uint64_t bytes_of(const SafetensorsEntry& entry, std::string_view where) {
  std::int64_t bytes = size_of(entry.type);
  for (const std::int64_t size : entry.shape)
    if (__builtin_mul_overflow(bytes, size, &bytes)) fail(where, "its shape is too large");
  return static_cast<std::uint64_t>(bytes);
}

SafetensorsEntry parse_entry(const std::string& tensor_name, const nlohmann::json& value, std::string_view name) {
  const JsonObject tensor(value, fmt::format("{}: tensor {}", name, json_quoted(tensor_name)));
  tensor.expect_only({"dtype", "shape", "data_offsets"});
  SafetensorsEntry entry;
  entry.name = tensor_name;
  entry.type = type_of(tensor);
  for (const auto& size : tensor.array("shape"))
    entry.shape.push_back(json_integer(size, tensor.where() + ": shape", 0));
  const auto& offsets = tensor.array("data_offsets");
  const std::string where = tensor.where() + ": data_offsets";
  if (offsets.size() != 2) fail(where, "must be two numbers");
  entry.begin = static_cast<std::uint64_t>(json_integer(offsets[0], where, 0));
  entry.end = static_cast<std::uint64_t>(json_integer(offsets[1], where, 0));
  if (entry.end < entry.begin) fail(where, "end before they begin");
  const std::uint64_t bytes = bytes_of(entry, tensor.where());
  if (entry.end - entry.begin != bytes)
    fail(where, fmt::format("hold {} bytes, its shape {}", entry.end - entry.begin, bytes));
  return entry;
}

std::map<std::string, std::string> parse_metadata(const nlohmann::json& value, std::string_view name) {
  const JsonObject object(value, fmt::format("{}: {}", name, kMetadata));
  std::map<std::string, std::string> metadata;
  for (const auto& item : value.items()) metadata.emplace(item.key(), object.string(item.key()));
  return metadata;
}

/// Sorts the tensors by their data and holds that it fills the file, each byte once.
void check_layout(SafetensorsHeader& header, std::uint64_t file_bytes, std::string_view name) {
  std::ranges::sort(header.tensors, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t end = 0;
  for (const SafetensorsEntry& entry : header.tensors) {
    if (entry.begin != end) {
      fail(name, fmt::format("the data of tensor {} begins at byte {}, and {} at byte {}", json_quoted(entry.name),
                             entry.begin, entry.begin < end ? "overlaps what ends" : "leaves a hole that begins", end));
    }
    end = entry.end;
  }
  const std::uint64_t data_bytes = file_bytes - header.data_start;
  if (end > data_bytes) fail(name, fmt::format("cut off: {} bytes of data where the header says {}", data_bytes, end));
  if (end < data_bytes) fail(name, fmt::format("{} bytes after the last tensor's data", data_bytes - end));
}

}  // namespace

std::int64_t size_of(StoredType type) { return row_of(type).size; }

std::string_view name_of(StoredType type) { return row_of(type).name; }

SafetensorsHeader parse_safetensors(std::span<const std::byte> start, std::uint64_t file_bytes, std::string_view name) {
  const std::uint64_t length = checked_length(start, file_bytes, name);
  if (start.size() - kLengthBytes < length) fail(name, "cut off: the file ends within its safetensors header");
  std::string text(length, '\0');
  std::memcpy(text.data(), start.data() + kLengthBytes, length);
  const nlohmann::json json = parse_json(text, fmt::format("{}: safetensors header", name), kDepth);
  if (!json.is_object()) fail(name, "its safetensors header is no JSON object");
  SafetensorsHeader header;
  header.data_start = kLengthBytes + length;
  for (const auto& item : json.items()) {
    if (item.key() == kMetadata)
      header.metadata = parse_metadata(item.value(), name);
    else
      header.tensors.push_back(parse_entry(item.key(), item.value(), name));
  }
  check_layout(header, file_bytes, name);
  return header;
}

SafetensorsHeader read_safetensors(const std::filesystem::path& path) try {
  const FileHandle file = FileHandle::open(path);
  const std::uint64_t file_bytes = file.size();
  std::vector<std::byte> start(std::min(file_bytes, kLengthBytes));
  bool whole = file.read(0, start);
  const std::uint64_t length = checked_length(start, file_bytes, path.string());
  start.resize(kLengthBytes + length);
  whole = whole && file.read(0, start);
  if (!whole) fail(path.string(), "cut off while it was read");
  return parse_safetensors(start, file_bytes, path.string());
} catch (const RunError& error) {
  throw UserError(error.what());
}

std::string safetensors_header(std::span<const SafetensorsEntry> tensors,
                               const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  if (!metadata.empty()) text += fmt::format("\"{}\":{}", kMetadata, nlohmann::json(metadata).dump());
  std::uint64_t end = 0;
  for (const SafetensorsEntry& entry : tensors) {
    check(entry.name != kMetadata, "no tensor may have the name of the metadata");
    const std::uint64_t begin = end;
    end += bytes_of(entry, entry.name);
    text +=
        fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", text.size() > 1 ? "," : "",
                    nlohmann::json(entry.name).dump(), name_of(entry.type), fmt::join(entry.shape, ","), begin, end);
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string header;
  for (std::size_t i = 0; i < kLengthBytes; ++i) header += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return header + text;
}

}  // namespace triaxis
