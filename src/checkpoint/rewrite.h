// Writing a whole checkpoint from one process, its values taken from elsewhere band by band.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "checkpoint/reader.h"
#include "spec/slices.h"

namespace triaxis {

/// Values held in memory at once when a tensor is copied: a band of rows or columns is as wide as this allows.
constexpr std::int64_t kBandElements = std::int64_t{1} << 24;

/// Consecutive ranges [first, last) that cover [first, last) of lines of `line_elements` each, one band a range.
struct Band {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
std::vector<Band> bands_of(std::int64_t first, std::int64_t last, std::int64_t line_elements);

/// Fills `values` with a part of a global tensor, row after row, as CheckpointReader::read does.
using ReadPart = std::function<void(std::string_view name, Form form, const Box& box, std::span<float> values)>;

/// Writes a checkpoint's files and index into `directory`, which is there, one file a rank. `state` is what the index
/// says besides files and tensors; without its `moments` only weights are read.
void write_checkpoint(const std::filesystem::path& directory, CheckpointIndex state, std::span<const OwnedSlice> slices,
                      int ranks, const ReadPart& read);

}  // namespace triaxis
