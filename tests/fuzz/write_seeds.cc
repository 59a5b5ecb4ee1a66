// Writes the inputs that the fuzz targets start from: write_seeds DIRECTORY.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/index.h"
#include "checkpoint/safetensors.h"
#include "data/byte_alphabet.h"
#include "data/token_file.h"
#include "data/tokenizer.h"
#include "schedule/csv.h"
#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"

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

void write_token_seeds(const fs::path& directory) {
  fs::create_directories(directory);
  const Tokenizer bytes("bytes");
  TokenFileWriter(directory / "empty", bytes).finish();
  TokenFileWriter small(directory / "small", bytes);
  small.append(std::vector<Token>{72, 105, 256});
  small.finish();
}

void write_tokenizer_seeds(const fs::path& directory) {
  nlohmann::json vocab = {{"<|endoftext|>", 256}};
  for (int byte = 0; byte < 256; ++byte) vocab[byte_symbol(static_cast<unsigned char>(byte))] = byte;
  vocab["he"] = 257;
  const nlohmann::json model = {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"h e"}}};
  const nlohmann::json pre = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
  const nlohmann::json added = {{{"id", 256}, {"content", "<|endoftext|>"}, {"special", true}}};
  const nlohmann::json all = {{"model", model}, {"pre_tokenizer", pre}, {"added_tokens", added}};
  write(directory / "gpt2", all.dump());
}

void write_schedule_seeds(const fs::path& directory) {
  for (const ScheduleRow& row : schedules()) {
    const Table table = make_schedule(row, {2, 4, row.default_stages_per_rank});
    const std::string name(row.name);
    write(directory / name, csv_of_steps(table, CsvDialect::kTriaxis));
    const Table lowered = lower(row.kind == TableKind::kTrain ? insert_reduce_grad(table) : table);
    write(directory / (name + "-lowered"), csv_of_rows(lowered, CsvDialect::kTriaxis));
  }
  write(directory / "pytorch",
        "0UNSHARD,0F0,\"0F1\",,0B0,0WAIT_SEND_F0,0B1,0REDUCE_GRAD,0WAIT_REDUCE_GRAD,0RESHARD\r\n");
  write(directory / "moved", "0F0,0OFFLOAD0,0F1,0FETCH0,0R0,0B0,0I1,0W1\n");
  write(directory / "updates", "0F0,0B0,0OPT0,0F1,0B1,0OPT1\n");
}

}  // namespace
}  // namespace triaxis

int main(int, char** arguments) {
  const std::filesystem::path directory = arguments[1];
  triaxis::write_index_seeds(directory / "index");
  triaxis::write_safetensors_seeds(directory / "safetensors");
  triaxis::write_schedule_seeds(directory / "schedule");
  triaxis::write_token_seeds(directory / "token_file");
  triaxis::write_tokenizer_seeds(directory / "tokenizer");
  return 0;
}
