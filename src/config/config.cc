#include "config/config.h"

#include <fmt/format.h>

#include "base/error.h"
#include "config/schema.h"

namespace triaxis {

std::string to_toml(const Config& config) {
  Config copy = config;
  std::string out;
  std::string_view section;
  for (const Key& key : schema()) {
    if (key.section != section) {
      out += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", key.section);
      section = key.section;
    }
    out += fmt::format("{} = {}\n", key.name, to_toml(key.field(copy)));
  }
  return out;
}

int ranks(const Config& config) { return grid(config).ranks(); }

Grid grid(const Config& config) {
  const ParallelConfig& parallel = config.parallel;
  const Degrees degrees{.tensor = parallel.tensor,
                        .context = parallel.context,
                        .expert = parallel.expert,
                        .pipeline = parallel.pipeline,
                        .data = parallel.data};
  try {
    return Grid(degrees, parallel.order);
  } catch (const UserError& error) {
    throw UserError(fmt::format("parallel: {}", error.what()));
  }
}

int64_t microbatches(const Config& config) { return config.batch.global / (config.batch.micro * config.parallel.data); }

int stages(const Config& config) { return config.parallel.pipeline * config.parallel.chunks; }

int tensor_shards(const Config& config) {
  return config.numerics.tensor_shards == 0 ? config.parallel.tensor : config.numerics.tensor_shards;
}

int data_groups(const Config& config) {
  return config.numerics.data_groups == 0 ? config.parallel.data : config.numerics.data_groups;
}

std::optional<int64_t> byte_symbols(const std::string& tokenizer) {
  constexpr int64_t kByteValuesAndEndOfText = 257;
  return tokenizer == "bytes" ? std::optional(kByteValuesAndEndOfText) : std::nullopt;
}

}  // namespace triaxis
