#include "small_model.h"

#include <fmt/format.h>

#include <map>

#include "base/philox.h"

namespace triaxis {
namespace {

// Sequence length, vocabulary and layers divide by none of the degrees.
constexpr std::string_view kConfig = R"(
[model]
layers = 5
hidden = 32
heads = 4
ffn_hidden = 64
vocab = 259
seq_len = 19
[data]
path = "unused"
[batch]
global = 16
micro = 1
[train]
threads = 1
[optimizer]
lr = 1e-2
min_lr = 1e-3
warmup = 3
)";

}  // namespace

Sets operator+(Sets left, const Sets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Config small_config(const Sets& sets) {
  return parse_config(kConfig, "test.toml", Sets{fmt::format("train.steps={}", kSmallSteps)} + sets);
}

Sets layout_sets(std::string_view degrees) {
  static const std::map<char, std::string> kUneven = {
      {'1', "[5]"}, {'2', "[4,1]"}, {'3', "[1,3,1]"}, {'4', "[0,2,2,1]"}};
  return {fmt::format("parallel.data={}", degrees[0]), fmt::format("parallel.tensor={}", degrees[1]),
          fmt::format("parallel.pipeline={}", degrees[2]),
          fmt::format("parallel.layers_per_stage={}", kUneven.at(degrees[2]))};
}

void fill_small(std::int64_t sequence, std::span<std::int32_t> ids, std::span<std::int32_t> targets) {
  const RandomKey key = random_key(7, 0, site_hash("tokens"));
  auto token = [&](std::size_t t) {
    return static_cast<std::int32_t>(
        random_bits(key, static_cast<std::uint64_t>(sequence), static_cast<std::uint32_t>(t), 0) % 259);
  };
  for (std::size_t t = 0; t < ids.size(); ++t) {
    ids[t] = token(t);
    targets[t] = token(t + 1);
  }
}

}  // namespace triaxis
