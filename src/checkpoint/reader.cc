#include "checkpoint/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file_handle.h"

namespace triaxis {
namespace {

constexpr std::size_t kOpenFiles = 16;

CheckpointIndex read_index(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kIndexName;
  std::string text;
  try {
    const FileHandle file = FileHandle::open(path);  // which refuses pipes and devices
    text.resize(file.size());
    if (!file.read(0, std::as_writable_bytes(std::span(text)))) throw RunError("it became shorter meanwhile");
  } catch (const RunError& error) {
    throw UserError(fmt::format("{} is no checkpoint: {}", directory.string(), error.what()));
  }
  return parse_index(text, path.string());
}

}  // namespace

std::string stored_name(std::string_view parameter, Form form) {
  constexpr std::array<std::string_view, kForms> kSuffix = {"", ".moment1", ".moment2"};
  return fmt::format("{}{}", parameter, kSuffix[static_cast<std::size_t>(form)]);
}

std::vector<std::int64_t> slice_shape(std::size_t dimensions, const Box& box) {
  if (dimensions == 1) return {box.rows()};
  return {box.rows(), box.columns()};
}

CheckpointReader::CheckpointReader(std::filesystem::path directory)
    : directory_(std::move(directory)), index_(read_index(directory_)) {}

const StoredTensor& CheckpointReader::tensor(std::string_view name) const {
  const auto found =
      std::find_if(index_.tensors.begin(), index_.tensors.end(), [&](const auto& t) { return t.name == name; });
  if (found == index_.tensors.end())
    throw UserError(fmt::format("{}: there is no tensor {}", (directory_ / kIndexName).string(), name));
  return *found;
}

void CheckpointReader::read(std::string_view name, Form form, const Box& box, std::span<float> values) {
  const StoredTensor& stored = tensor(name);
  check(whole(stored.shape).contains(box) && values.size() == static_cast<std::size_t>(box.elements()),
        "a part that is read lies inside its tensor");
  if (form != Form::kWeight && !index_.moments) {
    std::fill(values.begin(), values.end(), 0.0F);
    return;
  }
  for (const StoredSlice& slice : stored.slices) {
    const Box common = intersection(slice.box, box);
    if (common.empty()) continue;
    ShardFile& file = open(slice.file);
    const SafetensorsEntry& entry = file.tensor(stored_name(name, form), slice_shape(stored.shape.size(), slice.box));
    const auto at = [](const Box& in, std::int64_t row, std::int64_t column) {
      return static_cast<std::uint64_t>((row - in.first_row) * in.columns() + column - in.first_column);
    };
    // Rows that are whole on both sides are one stretch of bytes.
    const bool is_one = common.columns() == slice.box.columns() && common.columns() == box.columns();
    const std::int64_t step = is_one ? common.rows() : 1;
    const auto count = static_cast<std::size_t>(step * common.columns());
    for (std::int64_t row = common.first_row; row < common.last_row; row += step) {
      file.read(entry.begin + at(slice.box, row, common.first_column) * sizeof(float),
                std::as_writable_bytes(values.subspan(at(box, row, common.first_column), count)));
    }
  }
}

void CheckpointReader::verify() {
  for (std::size_t file = 0; file < index_.files.size(); ++file) open(static_cast<int>(file)).verify();
  for (const StoredTensor& stored : index_.tensors) {
    for (const StoredSlice& slice : stored.slices) {
      for (int form = 0; form < (index_.moments ? kForms : 1); ++form)
        open(slice.file)
            .tensor(stored_name(stored.name, static_cast<Form>(form)), slice_shape(stored.shape.size(), slice.box));
    }
  }
}

ShardFile& CheckpointReader::open(int file) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) { return entry.first == file; });
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
  } else {
    if (open_.size() >= kOpenFiles) open_.pop_back();
    open_.emplace_front(file, ShardFile(directory_, index_.files[static_cast<std::size_t>(file)]));
  }
  return open_.front().second;
}

}  // namespace triaxis
