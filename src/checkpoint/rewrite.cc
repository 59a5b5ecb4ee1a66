#include "checkpoint/rewrite.h"

#include <algorithm>

#include "base/file.h"
#include "checkpoint/saver.h"

namespace triaxis {
namespace {

StoredFile write_rank(const std::filesystem::path& path, std::span<const OwnedSlice> slices, int forms,
                      const ReadPart& read) {
  std::vector<ShardTensor> tensors;
  for (int form = 0; form < forms; ++form) {
    for (const OwnedSlice& slice : slices) {
      tensors.push_back({stored_name(slice.name, static_cast<Form>(form)), slice_shape(slice.shape.size(), slice.box)});
    }
  }
  ShardFileWriter file(path, tensors);
  std::vector<float> values;
  for (int form = 0; form < forms; ++form) {
    for (const OwnedSlice& slice : slices) {
      for (const Box& part : row_bands(slice.box, kBandElements)) {
        values.resize(static_cast<std::size_t>(part.elements()));
        read(slice.name, static_cast<Form>(form), part, values);
        file.append(values);
      }
    }
  }
  return file.finish();
}

}  // namespace

std::vector<Band> bands_of(std::int64_t first, std::int64_t last, std::int64_t line_elements) {
  const std::int64_t lines = std::max<std::int64_t>(1, kBandElements / std::max<std::int64_t>(1, line_elements));
  std::vector<Band> bands;
  for (; first < last; first += lines) bands.push_back({first, std::min(last, first + lines)});
  return bands;
}

void write_checkpoint(const std::filesystem::path& directory, CheckpointIndex state, std::span<const OwnedSlice> slices,
                      int ranks, const ReadPart& read) {
  CheckpointIndex files = index_of(slices, ranks);
  state.files = std::move(files.files);
  state.tensors = std::move(files.tensors);
  for (int rank = 0; rank < ranks; ++rank) {
    StoredFile& file = state.files[static_cast<std::size_t>(rank)];
    file = write_rank(directory / file.name, slices_of(slices, rank), state.moments ? kForms : 1, read);
  }
  write_file_atomically(directory / kIndexName, to_text(state));
}

}  // namespace triaxis
