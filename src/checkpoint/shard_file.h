// One safetensors file of a checkpoint: float32 tensors, and in its metadata a hash of every megabyte of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_handle.h"
#include "base/hash.h"
#include "checkpoint/index.h"
#include "checkpoint/safetensors.h"

namespace triaxis {

/// The data of a shard file is hashed in pieces of this size, so that a part of it can be read and checked.
constexpr std::uint64_t kPieceBytes = 1 << 20;

struct ShardTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Writes a shard file from its first tensor to its last; nothing is kept but the hashes. The header is written last,
/// in the room left for it.
class ShardFileWriter {
 public:
  /// Prepares everything. The file is created, or emptied, by the first append.
  ShardFileWriter(const std::filesystem::path& path, const std::vector<ShardTensor>& tensors);

  /// Appends the next values, in the order of the tensors.
  void append(std::span<const float> values);

  /// Writes the header and flushes the file to the disk. REQUIRES: all values have been appended.
  StoredFile finish();

 private:
  FileHandle& file();
  void end_piece();

  std::filesystem::path path_;
  StoredFile stored_;
  std::optional<FileHandle> file_;
  std::string header_;
  std::size_t next_hash_ = 0;  // its place in the header
  std::uint64_t data_bytes_ = 0;
  std::uint64_t written_ = 0;
  Hasher piece_;
};

/// A shard file open for reading, its header checked.
class ShardFile {
 public:
  /// Throws UserError, naming the file, if it is not there, its size or its header is not what `expected` says, or it
  /// breaks the format's rules.
  ShardFile(const std::filesystem::path& directory, const StoredFile& expected);

  const std::vector<SafetensorsEntry>& tensors() const { return header_.tensors; }
  /// Throws UserError, naming the file, if there is no such tensor or it has another shape or type.
  const SafetensorsEntry& tensor(std::string_view name, const std::vector<std::int64_t>& shape) const;

  /// Reads bytes [first, first + bytes.size()) of the data section, checking every piece that they touch.
  void read(std::uint64_t first, std::span<std::byte> bytes);

  /// Checks every byte.
  void verify();

 private:
  void load_piece(std::uint64_t number);

  std::filesystem::path path_;
  FileHandle file_;
  SafetensorsHeader header_;
  std::uint64_t data_bytes_ = 0;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::byte> piece_;        // the last one read
  std::uint64_t piece_number_ = ~0ULL;  // of it
};

}  // namespace triaxis
