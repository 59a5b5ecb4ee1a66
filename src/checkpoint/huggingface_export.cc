#include "checkpoint/huggingface_export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/file_handle.h"
#include "checkpoint/huggingface.h"
#include "checkpoint/huggingface_folder.h"
#include "checkpoint/rewrite.h"
#include "checkpoint/tokenizer_files.h"
#include "config/config.h"
#include "data/tokenizer.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Tensors = std::vector<HuggingFaceTensor>;

std::int64_t elements(const HuggingFaceTensor& tensor) { return whole(tensor.shape).elements(); }
std::int64_t bytes(const HuggingFaceTensor& tensor) { return elements(tensor) * size_of(StoredType::kF32); }

/// A safetensors file that is written from its start to its end.
class TensorFile {
 public:
  TensorFile(const fs::path& path, std::span<const SafetensorsEntry> tensors) : file_(FileHandle::create(path)) {
    const std::string header = safetensors_header(tensors, {{"format", "pt"}});
    write(std::as_bytes(std::span(header)));
  }
  void append(std::span<const float> values) { write(std::as_bytes(values)); }
  void finish() { file_.flush(); }

 private:
  void write(std::span<const std::byte> bytes) {
    file_.write(written_, bytes);
    written_ += bytes.size();
  }

  FileHandle file_;
  std::uint64_t written_ = 0;
};

/// Our parameters lie in theirs as they are, one after the other.
void write_straight(CheckpointReader& reader, const HuggingFaceTensor& tensor, TensorFile& file) {
  std::vector<float> values;
  for (const ParameterSpec& parameter : tensor.parameters) {
    Box part = whole(parameter.shape);
    for (const Band& band : bands_of(0, part.last_row, part.columns())) {
      part.first_row = band.first;
      part.last_row = band.last;
      values.resize(static_cast<std::size_t>(part.elements()));
      reader.read(parameter.name, Form::kWeight, part, values);
      file.append(values);
    }
  }
}

/// Their rows are our columns: a band of them is gathered from all parameters.
void write_transposed(CheckpointReader& reader, const HuggingFaceTensor& tensor, TensorFile& file) {
  const std::int64_t width = tensor.shape[1];
  std::vector<float> part;
  std::vector<float> values;
  for (const Band& band : bands_of(0, tensor.shape[0], width)) {
    const std::int64_t rows = band.last - band.first;
    values.resize(static_cast<std::size_t>(rows * width));
    std::int64_t column = 0;
    for (const ParameterSpec& parameter : tensor.parameters) {
      const Box box{0, parameter.shape[0], band.first, band.last};
      part.resize(static_cast<std::size_t>(box.elements()));
      reader.read(parameter.name, Form::kWeight, box, part);
      for (std::int64_t r = 0; r < box.rows(); ++r, ++column)
        for (std::int64_t c = 0; c < rows; ++c)
          values[static_cast<std::size_t>(c * width + column)] = part[static_cast<std::size_t>(r * rows + c)];
    }
    file.append(values);
  }
}

/// Consecutive tensors in files of at most `shard_bytes`, or one tensor each.
std::vector<Tensors> shards_of(Tensors tensors, std::int64_t shard_bytes) {
  std::vector<Tensors> shards;
  std::int64_t room = 0;
  for (HuggingFaceTensor& tensor : tensors) {
    if (!tensor.tied_to.empty()) continue;
    if (shards.empty() || bytes(tensor) > room) {
      shards.emplace_back();
      room = shard_bytes;
    }
    room -= bytes(tensor);
    shards.back().push_back(std::move(tensor));
  }
  return shards;
}

void write_shard(CheckpointReader& reader, const Tensors& tensors, const fs::path& path) {
  std::vector<SafetensorsEntry> entries;
  for (const HuggingFaceTensor& tensor : tensors)
    entries.push_back({.name = tensor.name, .type = StoredType::kF32, .shape = tensor.shape, .begin = 0, .end = 0});
  TensorFile file(path, entries);
  for (const HuggingFaceTensor& tensor : tensors)
    tensor.transposed ? write_transposed(reader, tensor, file) : write_straight(reader, tensor, file);
  file.finish();
}

std::int64_t write_weights(CheckpointReader& reader, const std::vector<Tensors>& shards, const fs::path& directory) {
  std::int64_t total = 0;
  Json files = Json::object();
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shards.size() == 1 ? std::string(kModelFile)
                                                : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    write_shard(reader, shards[i], directory / name);
    for (const HuggingFaceTensor& tensor : shards[i]) {
      total += bytes(tensor);
      files.push_back({tensor.name, name});
    }
  }
  if (shards.size() > 1) {
    const Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", std::move(files)}};
    write_file_atomically(directory / kModelIndexFile, index.dump(2) + "\n");
  }
  return total;
}

/// Copies the tokenizer's files, or without one what lies in the run's directory. RETURNS: the token that ends a text.
Token pass_tokenizer(const std::string& tokenizer, const fs::path& run, const fs::path& directory) {
  std::error_code ignored;
  const bool has_file = tokenizer != "bytes";
  if (has_file && !fs::exists(tokenizer, ignored)) {
    throw UserError(
        fmt::format("data.tokenizer = \"{}\" of this checkpoint is not there; start where that path leads "
                    "to the file, or put it there",
                    tokenizer));
  }
  copy_tokenizer_files(has_file ? fs::absolute(tokenizer).parent_path() : run, directory);
  return Tokenizer(tokenizer).end_of_text();
}

}  // namespace

std::int64_t export_huggingface(CheckpointReader& reader, const fs::path& directory, std::int64_t shard_bytes) {
  const Config config = parse_config(reader.index().configuration, (reader.directory() / kIndexName).string());
  const HuggingFaceFamily& family = huggingface_family(config.model.family, "model.family");
  Json json = {{"model_type", family.name}};
  json.update(family.config_of(config.model));
  json["vocab_size"] = config.model.vocab;
  json["tie_word_embeddings"] = config.model.tie_embeddings;
  json["torch_dtype"] = "float32";
  json["bos_token_id"] = json["eos_token_id"] =
      pass_tokenizer(config.data.tokenizer, fs::absolute(reader.directory()).parent_path(), directory);
  write_file_atomically(directory / "config.json", json.dump(2) + "\n");
  return write_weights(reader, shards_of(huggingface_tensors(family, config.model), shard_bytes), directory);
}

}  // namespace triaxis
