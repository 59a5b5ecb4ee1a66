// A run's configuration: parsed and validated once, then immutable and passed in parts. The members are the keys of the
// TOML file, and the values here are their defaults; config/schema.cc has one row for each, with its type, range and
// meaning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model.h"
#include "topology/grid.h"

namespace triaxis {

struct DataConfig {
  std::string path;
  std::string tokenizer = "bytes";
  double validation = 0.01;
};

struct ParallelConfig {
  int data = 1;
  int tensor = 1;
  int pipeline = 1;
  int context = 1;
  int expert = 1;
  int chunks = 1;
  std::string schedule = "1f1b";
  bool sequence = false;
  std::string order{kDefaultOrder};
  int zero = 0;
  std::vector<int64_t> layers_per_stage;
};

/// As written: 0 stands for the real degree. `tensor_shards(config)` and `data_groups(config)` give what it means.
struct NumericsConfig {
  int tensor_shards = 0;
  int data_groups = 0;
};

struct BatchConfig {
  int64_t global = 32;
  int64_t micro = 2;
};

struct TrainConfig {
  int64_t steps = 200;
  int64_t seed = 1;
  std::string precision = "fp32";
  std::string recompute = "none";
  int threads = 0;
  int64_t validate_every = 0;
  std::string clock = "auto";
};

struct OptimizerConfig {
  double lr = 3e-4;
  double min_lr = 3e-5;
  int64_t warmup = 20;
  std::string schedule = "cosine";
  int64_t decay_steps = 0;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;
  double clip = 1.0;
};

struct CheckpointConfig {
  std::string dir = "runs/demo";
  int64_t every = 100;
  int keep = 2;
};

struct LogConfig {
  int64_t every = 1;
  std::string metrics;
  std::string timeline;
};

struct CommConfig {
  double timeout = 600;
};

struct Config {
  Model model;
  DataConfig data;
  ParallelConfig parallel;
  NumericsConfig numerics;
  BatchConfig batch;
  TrainConfig train;
  OptimizerConfig optimizer;
  CheckpointConfig checkpoint;
  LogConfig log;
  CommConfig comm;
};

/// RETURNS: the symbols of the tokenizer that `data.tokenizer` names, if it is known here.
using TokenizerSymbols = std::function<std::optional<int64_t>(const std::string& tokenizer)>;

/// Knows "bytes" alone; of another tokenizer, whose file this half of the program cannot read, nothing is checked.
std::optional<int64_t> byte_symbols(const std::string& tokenizer);

/// Reads and validates a configuration; `sets` are `section.key=value`, applied after the file, the last one winning.
/// Keys whose default depends on others (model.kv_heads, ffn_hidden and head_dim, a vocab of 0, log.metrics) come back
/// with their values. Throws UserError, one line, with file and line where it is about one key.
Config load_config(const std::filesystem::path& file, std::span<const std::string> sets = {},
                   const TokenizerSymbols& symbols = byte_symbols);

/// The same from TOML text; `name` stands for the file in messages.
Config parse_config(std::string_view text, std::string_view name, std::span<const std::string> sets = {},
                    const TokenizerSymbols& symbols = byte_symbols);

/// Every check across keys that needs no second rank; `load_config` has done it. Throws UserError.
void validate(const Config& config, const TokenizerSymbols& symbols = byte_symbols);

/// The configuration as a TOML file, every key with its value: `parse_config` gives the same back.
std::string to_toml(const Config& config);

/// RETURNS: the processes of the run, the product of all degrees.
int ranks(const Config& config);

/// The ranks as `parallel.*` lays them out.
Grid grid(const Config& config);

/// RETURNS: the microbatches that a data rank takes a step.
int64_t microbatches(const Config& config);

/// RETURNS: the stages that the model is cut into, `pipeline` x `chunks`.
int stages(const Config& config);

/// RETURNS: the logical shards of the tensor axis; those of a rank are `tensor_shards(config) /
/// config.parallel.tensor`.
int tensor_shards(const Config& config);

/// RETURNS: the logical groups of the data axis; those of a rank are `data_groups(config) / config.parallel.data`.
int data_groups(const Config& config);

}  // namespace triaxis
