// Reading any part of any tensor of a checkpoint, whatever layout wrote it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/index.h"
#include "checkpoint/shard_file.h"

namespace triaxis {

/// What is stored of a parameter.
enum class Form : std::uint8_t { kWeight, kMoment1, kMoment2 };
constexpr int kForms = 3;

/// The name of a form of a parameter in a file: the parameter's own for the weight, else with ".moment1" or ".moment2".
std::string stored_name(std::string_view parameter, Form form);

/// The shape of a part in its file: as many dimensions as its tensor has.
std::vector<std::int64_t> slice_shape(std::size_t dimensions, const Box& box);

/// A checkpoint on disk. Holds the index and, while reading, a megabyte of each of a few files.
class CheckpointReader {
 public:
  /// Reads the index. `directory` is one checkpoint, `step-00000100`. Throws UserError if it is none, or damaged.
  explicit CheckpointReader(std::filesystem::path directory);

  const std::filesystem::path& directory() const { return directory_; }
  const CheckpointIndex& index() const { return index_; }
  /// Throws UserError if there is no such tensor.
  const StoredTensor& tensor(std::string_view name) const;

  /// Reads a part of a global tensor into `values` [box.rows(), box.columns()], row after row. Every byte is checked;
  /// throws UserError naming the file if one is wrong. Moments that are not stored are zero.
  void read(std::string_view name, Form form, const Box& box, std::span<float> values);

  /// Reads and checks every byte of every file. Throws UserError, naming the first file that is wrong.
  void verify();

 private:
  ShardFile& open(int file);

  std::filesystem::path directory_;
  CheckpointIndex index_;
  std::list<std::pair<int, ShardFile>> open_;  // most recently used first
};

}  // namespace triaxis
