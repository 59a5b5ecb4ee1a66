// The safetensors format (github.com/huggingface/safetensors): eight bytes of header length, a JSON header, the data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// Types that a tensor in a safetensors file may have here.
enum class StoredType : std::uint8_t { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };
std::int64_t size_of(StoredType type);
std::string_view name_of(StoredType type);

struct SafetensorsEntry {
  std::string name;
  StoredType type = StoredType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< bytes in the data section, which starts after the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;  ///< in the order of their data
  std::map<std::string, std::string> metadata;
  std::uint64_t data_start = 0;  ///< the header's size in the file, the eight bytes of its length included
};

/// The largest header that is read, as in the reference implementation.
constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

/// Reads a header. `start` are the file's first bytes: at least 8, and if they are fewer than the header's, only the
/// length is looked at and UserError says that the file is too short. `file_bytes` is the size of the whole file.
/// Throws UserError, one line that starts with `name`, for anything that breaks the format: a length beyond the file,
/// no JSON, duplicate names, unknown types, negative or huge shapes, data that overlaps, has holes, does not match its
/// shape, or does not end with the file.
SafetensorsHeader parse_safetensors(std::span<const std::byte> start, std::uint64_t file_bytes, std::string_view name);

/// Opens nothing but the header of a file: reads its length, then the header. Throws UserError as above, also if the
/// file cannot be read.
SafetensorsHeader read_safetensors(const std::filesystem::path& path);

/// The header of tensors that lie one after the other in this order (their begin and end are not read but follow),
/// padded with spaces to a multiple of 8 bytes. RETURNS: the file's first bytes, up to its data.
std::string safetensors_header(std::span<const SafetensorsEntry> tensors,
                               const std::map<std::string, std::string>& metadata);

}  // namespace triaxis
