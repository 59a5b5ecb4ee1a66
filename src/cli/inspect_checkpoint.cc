#include "cli/inspect_checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/text.h"
#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "checkpoint/state_digest.h"
#include "config/config.h"
#include "spec/parameter.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

struct Findings {
  CheckpointIndex index;
  Config config;
  std::filesystem::path path;
  std::vector<std::int64_t> others;  ///< steps of the run's other checkpoints
  std::uint64_t bytes = 0;           ///< of all files
};

Findings look_at(const CheckpointReader& reader) {
  const CheckpointIndex& index = reader.index();
  const std::filesystem::path& path = reader.directory();
  Findings found{.index = index,
                 .config = parse_config(index.configuration, (path / kIndexName).string()),
                 .path = path,
                 .others = {},
                 .bytes = 0};
  for (const StoredFile& file : index.files) found.bytes += file.bytes;
  const std::filesystem::path self = std::filesystem::canonical(path);
  for (const CheckpointPath& other : list_checkpoints(self.parent_path()))
    if (other.path != self) found.others.push_back(other.step);
  return found;
}

std::string layout_of(const ParallelConfig& parallel) {
  return fmt::format("{}x{}x{}", parallel.data, parallel.tensor, parallel.pipeline);
}

std::string count_of(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

Json json_of_tensor(const StoredTensor& tensor, const std::vector<StoredFile>& files) {
  Json slices = Json::array();
  for (const StoredSlice& slice : tensor.slices) {
    slices.push_back({{"file", files[static_cast<std::size_t>(slice.file)].name},
                      {"rows", {slice.box.first_row, slice.box.last_row}},
                      {"columns", {slice.box.first_column, slice.box.last_column}}});
  }
  return {{"name", tensor.name}, {"shape", tensor.shape}, {"slices", slices}};
}

std::string as_json(const Findings& found) {
  const auto& [index, config, path, others, bytes] = found;
  Json files = Json::array();
  for (const StoredFile& file : index.files) files.push_back({{"name", file.name}, {"bytes", file.bytes}});
  Json tensors = Json::array();
  for (const StoredTensor& tensor : index.tensors) tensors.push_back(json_of_tensor(tensor, index.files));
  const Json last_loss = index.losses.empty() ? Json() : Json(index.losses.back());
  const Json object = {
      {"kind", "checkpoint"},
      {"path", path.string()},
      {"step", index.step},
      {"sequences", index.sequences},
      {"loss", last_loss},
      {"family", config.model.family},
      {"parameters", parameter_count(config.model)},
      {"layout",
       {{"data", config.parallel.data}, {"tensor", config.parallel.tensor}, {"pipeline", config.parallel.pipeline}}},
      {"schedule", config.parallel.schedule},
      {"precision", config.train.precision},
      {"moments", index.moments},
      {"data_checksum", index.data_checksum},
      {"bytes", bytes},
      {"files", files},
      {"tensors", tensors},
      {"other_checkpoints", others},
      {"intact", true}};
  return object.dump();
}

std::string slices_text(const StoredTensor& tensor, const std::vector<StoredFile>& files) {
  std::string text;
  for (const StoredSlice& slice : tensor.slices) {
    const Box& box = slice.box;
    text += fmt::format("      [{}:{}, {}:{}] in {}\n", box.first_row, box.last_row, box.first_column, box.last_column,
                        files[static_cast<std::size_t>(slice.file)].name);
  }
  return text;
}

/// A line a tensor. A long table shows its first and last rows, unless `all` asks for the rest and for every slice.
std::string tensor_table(const CheckpointIndex& index, bool all) {
  constexpr std::size_t kFirst = 16;
  constexpr std::size_t kLast = 4;
  const std::vector<StoredTensor>& tensors = index.tensors;
  std::size_t width = 0;
  for (const StoredTensor& tensor : tensors) width = std::max(width, tensor.name.size());
  const std::size_t hidden = all || tensors.size() <= kFirst + kLast + 1 ? 0 : tensors.size() - kFirst - kLast;
  std::string text;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (hidden > 0 && i == kFirst) {
      text += fmt::format("    ... {} more, shown with --all\n", hidden);
      i += hidden;
    }
    text +=
        fmt::format("    {:<{}}  {:<14}  {}\n", tensors[i].name, width,
                    fmt::format("{}", fmt::join(tensors[i].shape, " x ")), count_of(tensors[i].slices.size(), "slice"));
    if (all) text += slices_text(tensors[i], index.files);
  }
  return text;
}

std::string as_text(const Findings& found, bool all) {
  const auto& [index, config, path, others, bytes] = found;
  const Model& model = config.model;
  const std::string loss = index.losses.empty() ? "" : fmt::format(", loss {:.4f}", index.losses.back());
  const std::string data = index.data_checksum.empty() ? "none yet" : index.data_checksum;
  std::string text = fmt::format("{}: a checkpoint, every byte as it was written\n", path.string());
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<8}  {}\n", name, value);
  };
  line("step", fmt::format("{}, {} sequences consumed{}", index.step, index.sequences, loss));
  line("model", fmt::format("{}, {} parameters: {} layers, hidden {}, {} heads, vocab {}, seq_len {}", model.family,
                            format_count(static_cast<double>(parameter_count(model))), model.layers, model.hidden,
                            model.heads, model.vocab, model.seq_len));
  line("layout", fmt::format("{} (data x tensor x pipeline), schedule {}, {}", layout_of(config.parallel),
                             config.parallel.schedule, config.train.precision));
  line("state", index.moments ? "weights and both moments of AdamW" : "weights; the moments are zero");
  line("files", fmt::format("{}, {}", index.files.size(), format_bytes(static_cast<double>(bytes))));
  line("data", data);
  line("others", others.empty() ? "none" : fmt::format("step {}", fmt::join(others, ", ")));
  line("tensors", std::to_string(index.tensors.size()));
  text += tensor_table(index, all);
  text.pop_back();
  return text;
}

}  // namespace

std::string inspect_checkpoint(const std::filesystem::path& path, const InspectOptions& options) {
  CheckpointReader reader(find_checkpoint(path));
  if (options.digest) {
    std::string digest = state_digest(reader);
    if (!options.json) return digest;
    return Json{{"path", reader.directory().string()}, {"step", reader.index().step}, {"digest", digest}}.dump();
  }
  const Findings found = look_at(reader);
  reader.verify();
  return options.json ? as_json(found) : as_text(found, options.all);
}

}  // namespace triaxis
