// Writes the inputs that the fuzz targets start from: write_seeds DIRECTORY.
#include <filesystem>
#include <fstream>
#include <string>

#include "checkpoint/index.h"
#include "checkpoint/safetensors.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

void write_index_seeds(const fs::path& directory) {
  const auto body_of = [](const CheckpointIndex& index) {
    const std::string text = to_text(index);
    return text.substr(text.find('\n') + 1);
  };
  CheckpointIndex index;
  write(directory / "empty", body_of(index));
  index.step = 3;
  index.sequences = 96;
  index.losses = {5.5, 1e-300, 1.0};
  index.configuration = "[model]\nfamily = \"gpt2\"\n";
  index.data_checksum = "0011223344556677";
  index.files = {{"rank-00000.safetensors", 1234, 0xfedcba9876543210}, {"rank-00001.safetensors", 99, 7}};
  index.tensors = {{"rows", {4, 3}, {{0, {0, 1, 0, 3}}, {1, {1, 4, 0, 3}}}},
                   {"columns", {4, 3}, {{1, {0, 4, 0, 2}}, {0, {0, 4, 2, 3}}}},
                   {"vector", {5}, {{0, {0, 5, 0, 1}}}}};
  write(directory / "small", body_of(index));
}

void write_safetensors_seeds(const fs::path& directory) {
  const std::vector<SafetensorsEntry> tensors = {{"a", StoredType::kF32, {2, 3}, 0, 0},
                                                 {"b", StoredType::kBF16, {5}, 0, 0},
                                                 {"c", StoredType::kBool, {}, 0, 0},
                                                 {"d", StoredType::kI64, {0, 7}, 0, 0}};
  const std::string header = safetensors_header(tensors, {{"format", "pt"}});
  write(directory / "whole", header + std::string(24 + 10 + 1, 'x'));
  write(directory / "json", header.substr(8));
  write(directory / "empty", safetensors_header({}, {}));
}

}  // namespace
}  // namespace triaxis

int main(int, char** arguments) {
  const std::filesystem::path directory = arguments[1];
  triaxis::write_index_seeds(directory / "index");
  triaxis::write_safetensors_seeds(directory / "safetensors");
  return 0;
}
