// The tensors of a model's folder in Hugging Face's layout, in one safetensors file or in several with an index.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_handle.h"
#include "checkpoint/safetensors.h"
#include "spec/box.h"

namespace triaxis {

constexpr std::string_view kModelFile = "model.safetensors";
constexpr std::string_view kModelIndexFile = "model.safetensors.index.json";

/// RETURNS: the value of a half-precision number's bits.
float from_half(std::uint16_t bits);

class HuggingFaceFolder {
 public:
  /// Reads all headers. Throws UserError, naming the file, if one is missing or damaged, if two hold the same tensor,
  /// or if the index says something else than the files do.
  explicit HuggingFaceFolder(std::filesystem::path directory);

  const std::filesystem::path& directory() const { return directory_; }
  /// The names of all tensors.
  std::vector<std::string> names() const;
  bool has(std::string_view name) const { return tensors_.contains(name); }
  /// Throws UserError if the tensor is not there or has another shape.
  void expect(std::string_view name, const std::vector<std::int64_t>& shape) const;

  /// Reads a part of a tensor, row after row, as float32. Throws UserError if its type is none of F32, F16 and BF16.
  void read(std::string_view name, const Box& box, std::span<float> values) const;

 private:
  struct File {
    std::filesystem::path path;
    FileHandle handle;
    std::uint64_t data_start = 0;
  };
  struct Tensor {
    std::size_t file = 0;
    SafetensorsEntry entry;
  };

  void open(const std::string& file);
  void open_indexed();
  const Tensor& find(std::string_view name) const;

  std::filesystem::path directory_;
  std::vector<File> files_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace triaxis
