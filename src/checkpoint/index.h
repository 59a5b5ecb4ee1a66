// The index of a checkpoint: what is in which file, and all that a run needs besides tensors. The page
// docs/formats/checkpoint.md describes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/box.h"

namespace triaxis {

/// The index's name in a checkpoint's directory. A directory without it is no checkpoint.
constexpr std::string_view kIndexName = "index.json";

/// One safetensors file of a checkpoint.
struct StoredFile {
  std::string name;               ///< in the checkpoint's directory
  std::uint64_t bytes = 0;        ///< its size
  std::uint64_t header_hash = 0;  ///< XXH3 of its header, length included; the header has the hashes of the data
  bool operator==(const StoredFile&) const = default;
};

/// A part of a tensor, in a file.
struct StoredSlice {
  int file = 0;
  Box box;
  bool operator==(const StoredSlice&) const = default;
};

/// A parameter and where its parts are. The moments lie in the same files, cut the same way.
struct StoredTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< global
  std::vector<StoredSlice> slices;  ///< in order of their boxes, which cover the tensor once
  bool operator==(const StoredTensor&) const = default;
};

struct CheckpointIndex {
  std::int64_t step = 0;
  std::int64_t sequences = 0;  ///< consumed
  bool moments = true;         ///< whether AdamW's moments are here; without them they are zero
  std::vector<double> losses;  ///< of every step so far
  std::string configuration;   ///< the run's, as TOML
  std::string data_checksum;   ///< data/corpus.h; empty: no data yet
  std::vector<StoredFile> files;
  std::vector<StoredTensor> tensors;
  bool operator==(const CheckpointIndex&) const = default;
};

/// RETURNS: whether `name` can be that of a file of a checkpoint: one directly in the directory, and not hidden.
bool is_plain_file_name(std::string_view name);

/// The index as a file. Its first line is the checksum of everything after that line.
std::string to_text(const CheckpointIndex& index);

/// The inverse. Throws UserError, one line that starts with `name`, for anything that to_text does not write: a wrong
/// checksum, a file outside the directory, boxes that do not cover their tensor exactly once.
CheckpointIndex parse_index(std::string_view text, std::string_view name);

}  // namespace triaxis
