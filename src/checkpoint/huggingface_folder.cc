#include "checkpoint/huggingface_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "checkpoint/index.h"

namespace triaxis {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string read_text(const std::filesystem::path& path) {
  try {
    return read_file(path);
  } catch (const RunError& error) {
    throw UserError(error.what());
  }
}

/// Turns values as they are stored into floats.
void widen(StoredType type, std::span<const std::byte> bytes, std::span<float> values) {
  if (type == StoredType::kF32) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof(bits), sizeof(bits));
    values[i] =
        type == StoredType::kF16 ? from_half(bits) : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
}

}  // namespace

float from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = bits >> 10 & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0) {  // zero, or without the leading one: whole units of 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  const std::uint32_t wide = exponent == 0x1f ? 0xff : exponent + 127 - 15;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

HuggingFaceFolder::HuggingFaceFolder(std::filesystem::path directory) : directory_(std::move(directory)) {
  if (is_there(directory_ / kModelFile)) {
    open(std::string(kModelFile));
  } else if (is_there(directory_ / kModelIndexFile)) {
    open_indexed();
  } else {
    throw UserError(fmt::format("{}: there is neither {} nor {}", directory_.string(), kModelFile, kModelIndexFile));
  }
}

void HuggingFaceFolder::open(const std::string& file) {
  const std::filesystem::path path = directory_ / file;
  SafetensorsHeader header = read_safetensors(path);
  for (SafetensorsEntry& entry : header.tensors) {
    const auto [there, added] = tensors_.try_emplace(entry.name, Tensor{files_.size(), entry});
    if (!added) {
      throw UserError(fmt::format("{}: tensor {} is in {} too", path.string(), json_quoted(entry.name),
                                  files_[there->second.file].path.string()));
    }
  }
  files_.push_back({path, FileHandle::open(path), header.data_start});
}

void HuggingFaceFolder::open_indexed() {
  const std::string where = (directory_ / kModelIndexFile).string();
  const nlohmann::json json = parse_json(read_text(where), where);
  const JsonObject map = JsonObject(json, where).object("weight_map");
  std::set<std::string> files;
  for (const auto& item : map.value().items()) files.insert(map.string(item.key()));
  for (const std::string& file : files) {
    if (!is_plain_file_name(file))
      throw UserError(fmt::format("{}: {} is no name of a file in this folder", where, json_quoted(file)));
    open(file);
  }
  for (const auto& [name, tensor] : tensors_) {
    if (!map.has(name) || directory_ / map.string(name) != files_[tensor.file].path) {
      throw UserError(fmt::format("{}: tensor {} is in {}, which it does not say", where, json_quoted(name),
                                  files_[tensor.file].path.string()));
    }
  }
  for (const auto& item : map.value().items())
    if (!has(item.key())) throw UserError(fmt::format("{}: tensor {} is in no file", where, json_quoted(item.key())));
}

std::vector<std::string> HuggingFaceFolder::names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  return names;
}

const HuggingFaceFolder::Tensor& HuggingFaceFolder::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    throw UserError(fmt::format("{}: tensor {} is missing", directory_.string(), json_quoted(name)));
  return found->second;
}

void HuggingFaceFolder::expect(std::string_view name, const std::vector<std::int64_t>& shape) const {
  const Tensor& tensor = find(name);
  const std::string where =
      fmt::format("{}: tensor {}", files_[tensor.file].path.string(), json_quoted(tensor.entry.name));
  if (tensor.entry.shape != shape) {
    throw UserError(fmt::format("{} has the shape [{}]; config.json asks for [{}]", where,
                                fmt::join(tensor.entry.shape, ", "), fmt::join(shape, ", ")));
  }
  const StoredType type = tensor.entry.type;
  if (type != StoredType::kF32 && type != StoredType::kF16 && type != StoredType::kBF16)
    throw UserError(fmt::format("{} is of type {}; F32, F16 and BF16 are read", where, name_of(type)));
}

void HuggingFaceFolder::read(std::string_view name, const Box& box, std::span<float> values) const {
  const Tensor& tensor = find(name);
  const File& file = files_[tensor.file];
  const Box all = whole(tensor.entry.shape);
  check(all.contains(box) && values.size() == static_cast<std::size_t>(box.elements()),
        "a part that is read lies inside its tensor");
  const auto size = static_cast<std::uint64_t>(size_of(tensor.entry.type));
  // Whole rows are one stretch of bytes.
  const std::int64_t step = box.columns() == all.columns() ? box.rows() : 1;
  const auto count = static_cast<std::size_t>(step * box.columns());
  std::vector<std::byte> bytes(count * size);
  for (std::int64_t row = 0; row < box.rows(); row += step) {
    const auto first = static_cast<std::uint64_t>((box.first_row + row) * all.columns() + box.first_column);
    if (!file.handle.read(file.data_start + tensor.entry.begin + first * size, bytes))
      throw UserError(fmt::format("{}: became shorter while it was read", file.path.string()));
    widen(tensor.entry.type, bytes, values.subspan(static_cast<std::size_t>(row * box.columns()), count));
  }
}

}  // namespace triaxis
