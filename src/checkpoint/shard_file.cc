#include "checkpoint/shard_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace triaxis {
namespace {

constexpr const char* kHashesKey = "triaxis.xxh3";
constexpr const char* kPieceKey = "triaxis.piece_bytes";
constexpr std::size_t kHashDigits = 16;

std::uint64_t pieces_of(std::uint64_t bytes) { return (bytes + kPieceBytes - 1) / kPieceBytes; }

std::vector<SafetensorsEntry> entries_of(const std::vector<ShardTensor>& tensors) {
  std::vector<SafetensorsEntry> entries;
  for (const ShardTensor& tensor : tensors)
    entries.push_back({.name = tensor.name, .type = StoredType::kF32, .shape = tensor.shape, .begin = 0, .end = 0});
  return entries;
}

std::uint64_t bytes_of(const std::vector<ShardTensor>& tensors) {
  std::uint64_t total = 0;
  for (const ShardTensor& tensor : tensors) {
    std::uint64_t elements = 1;
    for (const std::int64_t extent : tensor.shape) elements *= static_cast<std::uint64_t>(extent);
    total += elements * sizeof(float);
  }
  return total;
}

std::vector<std::uint64_t> hashes_of(const SafetensorsHeader& header, std::uint64_t file_bytes,
                                     const std::string& name) {
  const auto found = header.metadata.find(kHashesKey);
  const auto piece = header.metadata.find(kPieceKey);
  const std::uint64_t count = pieces_of(file_bytes - header.data_start);
  const bool fits = found != header.metadata.end() && piece != header.metadata.end() &&
                    piece->second == std::to_string(kPieceBytes) && found->second.size() == count * kHashDigits &&
                    found->second.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!fits) throw UserError(name + ": the header does not have the hashes of a checkpoint's file");
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < count; ++i)
    hashes.push_back(std::stoull(found->second.substr(i * kHashDigits, kHashDigits), nullptr, 16));
  return hashes;
}

}  // namespace

// The hashes stand in the header, which comes first but is known last: room is left for it, and digits are filled in.
ShardFileWriter::ShardFileWriter(const std::filesystem::path& path, const std::vector<ShardTensor>& tensors)
    : path_(path), data_bytes_(bytes_of(tensors)) {
  const std::string no_hashes(pieces_of(data_bytes_) * kHashDigits, '-');
  header_ =
      safetensors_header(entries_of(tensors), {{kHashesKey, no_hashes}, {kPieceKey, std::to_string(kPieceBytes)}});
  next_hash_ = header_.find(no_hashes, header_.find(kHashesKey));
  stored_.name = path.filename();
  stored_.bytes = header_.size() + data_bytes_;
}

FileHandle& ShardFileWriter::file() {
  if (!file_) file_ = FileHandle::create(path_);
  return *file_;
}

void ShardFileWriter::append(std::span<const float> values) {
  std::span<const std::byte> bytes = std::as_bytes(values);
  check(written_ + bytes.size() <= data_bytes_, "a shard file gets as much as its tensors hold");
  while (!bytes.empty()) {
    const std::uint64_t room = kPieceBytes - written_ % kPieceBytes;
    const auto part = bytes.first(std::min<std::uint64_t>(room, bytes.size()));
    piece_.update(part);
    file().write(header_.size() + written_, part);
    written_ += part.size();
    bytes = bytes.subspan(part.size());
    if (written_ % kPieceBytes == 0 || written_ == data_bytes_) end_piece();
  }
}

void ShardFileWriter::end_piece() {
  fmt::format_to(header_.begin() + static_cast<std::ptrdiff_t>(next_hash_), "{:016x}", piece_.value());
  next_hash_ += kHashDigits;
  piece_.reset();
}

StoredFile ShardFileWriter::finish() {
  check(written_ == data_bytes_, "all of a shard file's tensors have been written");
  file().write(0, std::as_bytes(std::span(header_)));
  file().flush();
  stored_.header_hash = hash_of(std::as_bytes(std::span(header_)));
  return stored_;
}

ShardFile::ShardFile(const std::filesystem::path& directory, const StoredFile& expected)
    : path_(directory / expected.name) {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored))
    throw UserError(path_.string() + ": a file of this checkpoint is missing");
  try {
    file_ = FileHandle::open(path_);
  } catch (const RunError& error) {
    throw UserError(error.what());
  }
  if (const std::uint64_t bytes = file_.size(); bytes != expected.bytes) {
    throw UserError(
        fmt::format("{}: has {} bytes, but the checkpoint's index says {}", path_.string(), bytes, expected.bytes));
  }
  std::array<std::byte, 8> length{};
  std::uint64_t header_bytes = 0;
  if (expected.bytes >= length.size() && file_.read(0, length)) std::memcpy(&header_bytes, length.data(), 8);
  std::vector<std::byte> start(std::min(expected.bytes, std::min(kMaxSafetensorsHeader, header_bytes) + length.size()));
  file_.read(0, start);
  if (hash_of(start) != expected.header_hash) throw UserError(path_.string() + ": the header is damaged");
  header_ = parse_safetensors(start, expected.bytes, path_.string());
  hashes_ = hashes_of(header_, expected.bytes, path_.string());
  data_bytes_ = expected.bytes - header_.data_start;
}

const SafetensorsEntry& ShardFile::tensor(std::string_view name, const std::vector<std::int64_t>& shape) const {
  const auto found =
      std::find_if(header_.tensors.begin(), header_.tensors.end(), [&](const auto& t) { return t.name == name; });
  if (found == header_.tensors.end() || found->shape != shape || found->type != StoredType::kF32) {
    throw UserError(fmt::format("{}: does not hold {} as [{}] of float32, as the checkpoint's index says",
                                path_.string(), name, fmt::join(shape, ", ")));
  }
  return *found;
}

void ShardFile::load_piece(std::uint64_t number) {
  if (number == piece_number_) return;
  piece_number_ = ~0ULL;
  const std::uint64_t first = number * kPieceBytes;
  piece_.resize(std::min(kPieceBytes, data_bytes_ - first));
  if (!file_.read(header_.data_start + first, piece_)) throw UserError(path_.string() + ": became shorter meanwhile");
  if (hash_of(piece_) != hashes_[number]) {
    throw UserError(fmt::format("{}: the data is damaged between bytes {} and {}", path_.string(),
                                header_.data_start + first, header_.data_start + first + piece_.size()));
  }
  piece_number_ = number;
}

void ShardFile::read(std::uint64_t first, std::span<std::byte> bytes) {
  check(first + bytes.size() <= data_bytes_, "a read stays inside the data");
  while (!bytes.empty()) {
    load_piece(first / kPieceBytes);
    const std::uint64_t offset = first % kPieceBytes;
    const std::size_t count = std::min<std::size_t>(piece_.size() - offset, bytes.size());
    std::memcpy(bytes.data(), piece_.data() + offset, count);
    first += count;
    bytes = bytes.subspan(count);
  }
}

void ShardFile::verify() {
  for (std::uint64_t number = 0; number < hashes_.size(); ++number) load_piece(number);
}

}  // namespace triaxis
