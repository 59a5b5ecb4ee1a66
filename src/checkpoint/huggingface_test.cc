#include "checkpoint/huggingface.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "checkpoint/huggingface_export.h"
#include "checkpoint/huggingface_folder.h"
#include "checkpoint/huggingface_import.h"
#include "checkpoint/rewrite.h"
#include "config/config.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

Config small_config(bool tied) {
  Config config;
  config.model.layers = 2;
  config.model.hidden = 8;
  config.model.heads = config.model.kv_heads = 4;
  config.model.head_dim = 2;
  config.model.ffn_hidden = 12;
  config.model.vocab = 259;
  config.model.seq_len = 5;
  config.model.tie_embeddings = tied;
  config.model.dropout = 0.25;
  config.data.path = "x";
  return config;
}

/// A different value for every element of every parameter.
float value_of(std::string_view name, std::int64_t row, std::int64_t column) {
  return static_cast<float>(std::hash<std::string_view>()(name) % 97) + static_cast<float>(row) * 0.25F +
         static_cast<float>(column) / 64;
}

void fill(std::string_view name, Form, const Box& box, std::span<float> values) {
  auto value = values.begin();
  for (std::int64_t row = box.first_row; row < box.last_row; ++row)
    for (std::int64_t column = box.first_column; column < box.last_column; ++column)
      *value++ = value_of(name, row, column);
}

class HuggingFaceTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }

  /// A checkpoint of the small model, cut over two tensor and two pipeline ranks.
  fs::path write_small(bool tied) const {
    const Config config = small_config(tied);
    fs::path path = root_ / "checkpoint";
    fs::create_directories(path);
    const SavedLayout layout{Grid(Degrees{.tensor = 2, .pipeline = 2}), 4, {0, 0, 1, 1}};
    CheckpointIndex state;
    state.moments = false;
    state.configuration = to_toml(config);
    write_checkpoint(path, state, owned_slices(config.model, layout), 4, fill);
    return path;
  }

  /// Exports the small model. RETURNS: the folder.
  fs::path export_small(bool tied, std::int64_t shard_bytes = kOneFile) const {
    CheckpointReader reader(write_small(tied));
    fs::path folder = root_ / "exported";
    fs::create_directories(folder);
    export_huggingface(reader, folder, shard_bytes);
    return folder;
  }

  fs::path import(const fs::path& folder) const {
    const fs::path run = root_ / "imported";
    fs::remove_all(run);
    fs::create_directories(run);
    return import_huggingface(folder, run, run);
  }
  std::string import_error(const fs::path& folder) const {
    return error_of([&] { import(folder); });
  }

  /// What importing says of the export when its config.json has another member.
  std::string error_with(const std::string& key, const nlohmann::json& value) const {
    const fs::path folder = export_small(true);
    auto json = nlohmann::json::parse(read_file(folder / "config.json"));
    json[key] = value;
    write_file_atomically(folder / "config.json", json.dump());
    return import_error(folder);
  }

  static void expect_same_weights(const fs::path& checkpoint, bool tied) {
    CheckpointReader reader(checkpoint);
    reader.verify();
    for (const ParameterSpec& parameter : parameters_of(small_config(tied).model)) {
      if (!parameter.tied_to.empty()) continue;
      const Box all = whole(parameter.shape);
      std::vector<float> expected(static_cast<std::size_t>(all.elements()));
      std::vector<float> read(expected.size());
      fill(parameter.name, Form::kWeight, all, expected);
      reader.read(parameter.name, Form::kWeight, all, read);
      EXPECT_EQ(read, expected) << parameter.name;
    }
  }

  fs::path root_ = fs::path(testing::TempDir()) / ("huggingface_test_" + std::to_string(getpid()));
};

/// One tensor with this content, in a file of its own.
void write_tensor_file(const fs::path& path, const SafetensorsEntry& entry, const std::string& data) {
  write_file_atomically(path, safetensors_header(std::span(&entry, 1), {}) + data);
}

TEST_F(HuggingFaceTest, ExportPutsEveryElementWhereTransformersReadsIt) {
  const fs::path path = export_small(true);
  const HuggingFaceFolder folder(path);
  EXPECT_EQ(folder.names().size(), 2U + 2 * 12 + 2);
  const auto element = [&](const std::string& name, std::int64_t row, std::int64_t column) {
    float value = 0;
    folder.read(name, {row, row + 1, column, column + 1}, std::span(&value, 1));
    return value;
  };
  EXPECT_EQ(element("transformer.wte.weight", 258, 7), value_of("embedding.token.weight", 258, 7));
  folder.expect("transformer.h.1.attn.c_attn.weight", {8, 24});  // [in, 3 out]: query, key, value
  EXPECT_EQ(element("transformer.h.1.attn.c_attn.weight", 3, 6), value_of("layers.1.attention.query.weight", 6, 3));
  EXPECT_EQ(element("transformer.h.1.attn.c_attn.weight", 3, 8), value_of("layers.1.attention.key.weight", 0, 3));
  EXPECT_EQ(element("transformer.h.1.attn.c_attn.weight", 7, 23), value_of("layers.1.attention.value.weight", 7, 7));
  EXPECT_EQ(element("transformer.h.0.attn.c_attn.bias", 17, 0), value_of("layers.0.attention.value.bias", 1, 0));
  folder.expect("transformer.h.0.mlp.c_proj.weight", {12, 8});
  EXPECT_EQ(element("transformer.h.0.mlp.c_proj.weight", 11, 2), value_of("layers.0.mlp.down.weight", 2, 11));
  EXPECT_EQ(element("transformer.ln_f.bias", 5, 0), value_of("head.norm.bias", 5, 0));

  const auto config = nlohmann::json::parse(read_file(path / "config.json"));
  EXPECT_EQ(config["model_type"], "gpt2");
  EXPECT_EQ(config["architectures"], nlohmann::json::array({"GPT2LMHeadModel"}));
  EXPECT_EQ(config["n_inner"], 12);
  EXPECT_EQ(config["eos_token_id"], 256);
  EXPECT_EQ(config["tie_word_embeddings"], true);
}

TEST_F(HuggingFaceTest, ThereAndBackGivesTheSameBits) {
  for (const bool tied : {true, false}) {
    for (const std::int64_t shard_bytes : {kOneFile, std::int64_t{2000}}) {
      const fs::path folder = export_small(tied, shard_bytes);
      EXPECT_EQ(fs::exists(folder / kModelIndexFile), shard_bytes != kOneFile);
      const fs::path checkpoint = import(folder);
      expect_same_weights(checkpoint, tied);
      const CheckpointIndex index = CheckpointReader(checkpoint).index();
      EXPECT_EQ(index.step, 0);
      EXPECT_FALSE(index.moments);
      const Config config = parse_config(index.configuration, "index");
      EXPECT_EQ(read_file(root_ / "imported" / "run.toml"), index.configuration);
      EXPECT_EQ(config.model.ffn_hidden, 12);
      EXPECT_EQ(config.model.dropout, 0.25);
      EXPECT_EQ(config.model.tie_embeddings, tied);
      EXPECT_EQ(config.data.tokenizer, "bytes");
      EXPECT_EQ(config.checkpoint.dir, (root_ / "imported").string());
      fs::remove_all(folder);
    }
  }
}

TEST_F(HuggingFaceTest, ShardsHoldNoMoreThanAskedForOrOneTensor) {
  const fs::path folder = export_small(true, 2000);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    ++files;
    const SafetensorsHeader header = read_safetensors(entry.path());
    EXPECT_TRUE(header.tensors.back().end <= 2000 || header.tensors.size() == 1) << entry.path();
  }
  EXPECT_GT(files, 2);
  const auto index = nlohmann::json::parse(read_file(folder / kModelIndexFile));
  EXPECT_EQ(index["metadata"]["total_size"], 4 * parameter_count(small_config(true).model));
}

TEST_F(HuggingFaceTest, ImportsNamesWithoutPrefixAndOldBuffers) {
  const fs::path folder = export_small(true);
  const HuggingFaceFolder whole_folder(folder);
  std::vector<SafetensorsEntry> entries;
  std::string data;
  SafetensorsHeader header = read_safetensors(folder / kModelFile);
  const std::string old = read_file(folder / kModelFile).substr(header.data_start);
  for (SafetensorsEntry& entry : header.tensors) entry.name.erase(0, std::string("transformer.").size());
  entries = header.tensors;
  entries.push_back({"h.0.attn.bias", StoredType::kBool, {1, 1, 5, 5}, 0, 0});
  entries.push_back({"h.1.attn.masked_bias", StoredType::kF32, {}, 0, 0});
  const std::string buffers(25 + 4, '\0');
  const std::string embedding = old.substr(0, 4 * 259 * 8);
  const auto with_head = [&](const std::string& head) {
    std::vector<SafetensorsEntry> all = entries;
    if (!head.empty()) all.push_back({"lm_head.weight", StoredType::kF32, {259, 8}, 0, 0});
    write_file_atomically(folder / kModelFile, safetensors_header(all, {}) + old + buffers + head);
  };
  with_head("");
  expect_same_weights(import(folder), true);
  with_head(embedding);
  expect_same_weights(import(folder), true);
  std::string other = embedding;
  other.back() ^= 1;
  with_head(other);
  EXPECT_THAT(import_error(folder), HasSubstr("differ, though config.json ties them"));
}

TEST_F(HuggingFaceTest, NamesTensorsThatAreMissingUnknownOrMisshapen) {
  const fs::path folder = export_small(true);
  SafetensorsHeader header = read_safetensors(folder / kModelFile);
  const std::string data = read_file(folder / kModelFile).substr(header.data_start);
  const auto error_after = [&](const std::function<void(std::vector<SafetensorsEntry>&)>& change) {
    std::vector<SafetensorsEntry> entries = header.tensors;
    change(entries);
    write_file_atomically(folder / kModelFile, safetensors_header(entries, {}) + data);
    return import_error(folder);
  };
  EXPECT_EQ(error_after([](auto&) {}), "no error");
  EXPECT_THAT(error_after([](auto& entries) { entries[0].name = "wpe.wte"; }), HasSubstr("transformer.wte.weight"));
  EXPECT_THAT(error_after([](auto& entries) {
                entries.push_back({"more", StoredType::kI8, {0}, 0, 0});
              }),
              AllOf(HasSubstr("1 tensors are unknown"), HasSubstr("\"more\"")));
  EXPECT_THAT(error_after([](auto& entries) {
                entries.push_back({"wte.weight", StoredType::kI8, {0}, 0, 0});
              }),
              HasSubstr("\"wte.weight\""));
  EXPECT_THAT(error_after([](auto& entries) { std::swap(entries[0].shape[0], entries[0].shape[1]); }),
              HasSubstr("has the shape [8, 259]; config.json asks for [259, 8]"));
  EXPECT_THAT(error_after([](auto& entries) { entries[0].type = StoredType::kI32; }), HasSubstr("of type I32"));
}

TEST_F(HuggingFaceTest, RefusesModelsThatComputeSomethingElse) {
  EXPECT_EQ(error_with("activation_function", "gelu_pytorch_tanh"), "no error");
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, nlohmann::json>>{{"activation_function", "relu"},
                                                           {"activation_function", "gelu"},
                                                           {"scale_attn_by_inverse_layer_idx", true},
                                                           {"scale_attn_weights", false},
                                                           {"add_cross_attention", true},
                                                           {"quantization_config", {{"bits", 4}}},
                                                           {"attn_pdrop", 0.5},
                                                           {"n_layer", 0},
                                                           {"n_layer", -1},
                                                           {"n_layer", 2.5},
                                                           {"n_head", 3},
                                                           {"n_embd", 1LL << 40},
                                                           {"vocab_size", "many"},
                                                           {"layer_norm_epsilon", 0},
                                                           {"tie_word_embeddings", "yes"},
                                                           {"model_type", "bert"}}) {
    EXPECT_THAT(error_with(key, value), AllOf(HasSubstr("config.json"), HasSubstr("\"" + key + "\""))) << value;
  }
  const fs::path folder = export_small(true);
  write_file_atomically(folder / "config.json", "{\"model_type\": \"gpt2\", ");
  EXPECT_THAT(import_error(folder), HasSubstr("config.json: no valid JSON"));
  fs::remove(folder / "config.json");
  EXPECT_THAT(import_error(folder), HasSubstr("config.json is not there"));
}

TEST_F(HuggingFaceTest, RefusesAnIndexThatLies) {
  const fs::path folder = export_small(true, 2000);
  const auto good = nlohmann::json::parse(read_file(folder / kModelIndexFile));
  const auto error_after = [&](const std::function<void(nlohmann::json&)>& change) {
    auto json = good;
    change(json["weight_map"]);
    write_file_atomically(folder / kModelIndexFile, json.dump());
    return import_error(folder);
  };
  EXPECT_EQ(error_after([](auto&) {}), "no error");
  write_tensor_file(root_ / "outside.safetensors", {"transformer.wte.weight", StoredType::kF32, {0}, 0, 0}, "");
  const std::string name = "transformer.wte.weight";
  for (const std::string file : {"../outside.safetensors", "/etc/passwd", "..", ".", "", "a/b", "not-there"})
    EXPECT_THAT(error_after([&](auto& map) { map[name] = file; }), Not("no error")) << file;
  EXPECT_THAT(error_after([&](auto& map) { map[name] = "../outside.safetensors"; }), HasSubstr("no name of a file in"));
  EXPECT_THAT(error_after([&](auto& map) { map["more"] = map[name]; }), HasSubstr("\"more\" is in no file"));
  EXPECT_THAT(error_after([&](auto& map) { map["transformer.h.0.ln_1.bias"] = map["transformer.ln_f.bias"]; }),
              HasSubstr("does not say"));
  EXPECT_THAT(error_after([&](auto& map) { map.erase(name); }), Not("no error"));
  EXPECT_THAT(error_after([&](auto& map) { map[name] = 3; }), HasSubstr("must be a string"));
  fs::remove(folder / kModelIndexFile);
  EXPECT_THAT(import_error(folder), HasSubstr("neither model.safetensors nor"));
}

TEST_F(HuggingFaceTest, HalvesAndBrainFloatsBecomeTheFloatsTheyAre) {
  EXPECT_EQ(from_half(0x3c00), 1.0F);
  EXPECT_EQ(from_half(0xc000), -2.0F);
  EXPECT_EQ(from_half(0x7bff), 65504.0F);
  EXPECT_EQ(from_half(0x0400), 0x1p-14F);
  EXPECT_EQ(from_half(0x0001), 0x1p-24F);
  EXPECT_EQ(from_half(0x03ff), 0x1p-14F - 0x1p-24F);
  EXPECT_TRUE(std::signbit(from_half(0x8000)));
  EXPECT_EQ(from_half(0xfc00), -HUGE_VALF);
  EXPECT_TRUE(std::isnan(from_half(0x7e00)));
  write_tensor_file(root_ / kModelFile, {"a", StoredType::kBF16, {2, 2}, 0, 0},
                    std::string("\x80\x3f\0\0\x01\0\0\xc0", 8));
  std::vector<float> values(2);
  const HuggingFaceFolder folder(root_);
  folder.read("a", {0, 2, 0, 1}, values);
  EXPECT_THAT(values, testing::ElementsAre(1.0F, std::bit_cast<float>(0x00010000U)));
  folder.read("a", {1, 2, 0, 2}, values);
  EXPECT_THAT(values, testing::ElementsAre(std::bit_cast<float>(0x00010000U), -2.0F));
}

TEST_F(HuggingFaceTest, TokenizerFilesTravel) {
  const fs::path folder = export_small(true);
  write_file_atomically(folder / "tokenizer_config.json", "{\"x\": 1}");
  write_file_atomically(folder / "generation_config.json", "{}");
  import(folder);
  EXPECT_EQ(read_file(root_ / "imported" / "tokenizer_config.json"), "{\"x\": 1}");
  EXPECT_TRUE(fs::exists(root_ / "imported" / "generation_config.json"));
}

TEST(Bands, CoverOnceWithinTheBudget) {
  std::int64_t next = 3;
  for (const Band& band : bands_of(3, 1000, kBandElements / 7)) {
    EXPECT_EQ(band.first, next);
    EXPECT_LE(band.last - band.first, 7);
    next = band.last;
  }
  EXPECT_EQ(next, 1000);
  EXPECT_EQ(bands_of(0, 2, 2 * kBandElements).size(), 2U);
  EXPECT_TRUE(bands_of(0, 0, 8).empty());
}

}  // namespace
}  // namespace triaxis
