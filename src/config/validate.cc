// The checks across keys. Each names the keys concerned and what would be valid.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <numeric>

#include "base/error.h"
#include "config/config.h"
#include "config/schema.h"

namespace triaxis {
namespace {

template <typename... Values>
void require(bool holds, fmt::format_string<Values...> message, Values&&... values) {
  if (!holds) throw UserError(fmt::format(message, std::forward<Values>(values)...));
}

void validate_each_key(const Config& config) {
  Config copy = config;
  for (const Key& key : schema()) {
    if (auto why = objection(key, copy)) {
      throw UserError(fmt::format("{} = {}: {}", full_name(key), to_toml(key.field(copy)), *why));
    }
  }
}

void validate_model(const Config& config, const TokenizerSymbols& symbols_of) {
  const Model& model = config.model;
  require(model.heads % model.kv_heads == 0, "model.heads = {} does not divide by model.kv_heads = {}", model.heads,
          model.kv_heads);
  require(model.family != "gpt2" || model.kv_heads == model.heads,
          "model.kv_heads = {}: family \"gpt2\" has as many as heads, {}", model.kv_heads, model.heads);
  const std::optional<int64_t> symbols = symbols_of(config.data.tokenizer);
  require(symbols || model.vocab > 0,
          "model.vocab = 0 is as many as data.tokenizer = \"{}\" has, which is not known here", config.data.tokenizer);
  require(!symbols || model.vocab >= *symbols,
          "model.vocab = {} is less than the {} symbols of data.tokenizer = \"{}\"; 0 fits it", model.vocab,
          symbols.value_or(0), config.data.tokenizer);
}

// The degrees that a logical partition allows: itself over powers of two.
std::vector<int> allowed_degrees(int partition) {
  std::vector<int> degrees = {partition};
  while (degrees.back() % 2 == 0) degrees.push_back(degrees.back() / 2);
  return degrees;
}

void validate_partition(std::string_view partition_key, int partition, std::string_view degree_key, int degree) {
  const bool holds = partition % degree == 0 && std::has_single_bit(static_cast<unsigned>(partition / degree));
  require(holds, "{} = {} must be {} = {} times a power of two; valid degrees are {}", partition_key, partition,
          degree_key, degree, fmt::join(allowed_degrees(partition), ", "));
}

void validate_numerics(const Config& config) {
  const int shards = tensor_shards(config);
  validate_partition("numerics.tensor_shards", shards, "parallel.tensor", config.parallel.tensor);
  validate_partition("numerics.data_groups", data_groups(config), "parallel.data", config.parallel.data);
  const std::string_view key = config.numerics.tensor_shards == 0 ? "parallel.tensor" : "numerics.tensor_shards";
  const Model& model = config.model;
  const int64_t all = std::gcd(std::gcd(model.heads, model.kv_heads), model.ffn_hidden);
  auto require_shards = [&](std::string_view name, int64_t size) {
    require(size % shards == 0, "model.{} = {} does not divide by {} = {}; heads, kv_heads and ffn_hidden divide by {}",
            name, size, key, shards, all == 1 ? "1 only" : fmt::format("{} and its divisors", all));
  };
  require_shards("heads", model.heads);
  require_shards("kv_heads", model.kv_heads);
  require_shards("ffn_hidden", model.ffn_hidden);
}

void validate_batch(const Config& config) {
  const int64_t unit = data_groups(config) * config.batch.micro;
  const int64_t below = config.batch.global / unit * unit;
  require(config.batch.global % unit == 0,
          "batch.global = {} does not divide by {} x batch.micro = {} x {}; near and valid: {}{}", config.batch.global,
          config.numerics.data_groups == 0 ? "parallel.data" : "numerics.data_groups", data_groups(config),
          config.batch.micro, below == 0 ? "" : fmt::format("{}, ", below), below + unit);
}

void validate_stages(const Config& config) {
  const ParallelConfig& parallel = config.parallel;
  const std::vector<int64_t>& layers = parallel.layers_per_stage;
  const auto count = static_cast<size_t>(stages(config));
  const std::string stage_keys =
      fmt::format("parallel.pipeline x parallel.chunks = {} x {}", parallel.pipeline, parallel.chunks);
  if (layers.empty()) {
    require(stages(config) <= config.model.layers,
            "{} is more stages than model.layers = {}; at most one stage a layer", stage_keys, config.model.layers);
    return;
  }
  require(layers.size() == count, "parallel.layers_per_stage has {} entries, but there are {} = {} stages",
          layers.size(), stage_keys, count);
  const int64_t sum = std::accumulate(layers.begin(), layers.end(), int64_t{0});
  require(sum == config.model.layers, "parallel.layers_per_stage = [{}] adds up to {}, not to model.layers = {}",
          fmt::join(layers, ", "), sum, config.model.layers);
  for (size_t stage = 1; stage + 1 < layers.size(); ++stage) {
    require(layers[stage] > 0,
            "parallel.layers_per_stage = [{}]: stage {} would hold nothing; only the first and the "
            "last, which hold the embedding and the head, may have 0",
            fmt::join(layers, ", "), stage);
  }
}

void validate_optimizer(const OptimizerConfig& optimizer) {
  require(optimizer.schedule == "constant" || optimizer.min_lr <= optimizer.lr,
          "optimizer.min_lr = {} is above optimizer.lr = {}", optimizer.min_lr, optimizer.lr);
}

}  // namespace

void validate(const Config& config, const TokenizerSymbols& symbols) {
  validate_each_key(config);
  require(!config.data.path.empty(), "data.path is not given; name a text file, a token file, or a folder of either");
  validate_model(config, symbols);
  grid(config);
  validate_numerics(config);
  validate_batch(config);
  validate_stages(config);
  validate_optimizer(config.optimizer);
}

}  // namespace triaxis
