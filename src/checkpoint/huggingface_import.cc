#include "checkpoint/huggingface_import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "checkpoint/directory.h"
#include "checkpoint/huggingface.h"
#include "checkpoint/huggingface_folder.h"
#include "checkpoint/rewrite.h"
#include "checkpoint/run_configuration.h"
#include "checkpoint/tokenizer_files.h"
#include "data/tokenizer.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

/// Where one of our parameters is.
struct Place {
  std::string name;        ///< of their tensor, in the files
  std::int64_t first = 0;  ///< of its first dimension as we count it, where the parameter begins
  bool transposed = false;
};

std::string without_prefix(std::string_view name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return std::string(name);
}

/// The tensors of a folder by what they mean.
class Weights {
 public:
  Weights(const fs::path& folder, const HuggingFaceFamily& family, const Model& model)
      : folder_(folder), family_(family), tensors_(huggingface_tensors(family, model)) {
    for (std::string& name : folder_.names()) unknown_.insert(std::move(name));
    for (const HuggingFaceTensor& tensor : tensors_) add(tensor);
    drop_ignored(model);
    complain("missing", missing_);
    complain("unknown", unknown_);
    for (const HuggingFaceTensor& tensor : tensors_) check_tie(tensor);
  }

  /// Reads a part of one of our parameters, [box.rows(), box.columns()].
  void read(std::string_view parameter, const Box& box, std::span<float> values) const {
    const Place& place = places_.find(parameter)->second;
    if (!place.transposed) {
      folder_.read(place.name,
                   {box.first_row + place.first, box.last_row + place.first, box.first_column, box.last_column},
                   values);
      return;
    }
    const Box theirs{box.first_column, box.last_column, box.first_row + place.first, box.last_row + place.first};
    std::vector<float> turned(values.size());
    folder_.read(place.name, theirs, turned);
    for (std::int64_t r = 0; r < box.rows(); ++r)
      for (std::int64_t c = 0; c < box.columns(); ++c)
        values[static_cast<std::size_t>(r * box.columns() + c)] = turned[static_cast<std::size_t>(c * box.rows() + r)];
  }

 private:
  /// The name that the files have for a tensor, with the prefix or without. RETURNS: empty if it is not there.
  std::string name_in_files(const std::string& name) const {
    if (folder_.has(name)) return name;
    const std::string bare = without_prefix(name, family_.prefix);
    return folder_.has(bare) ? bare : std::string();
  }

  void add(const HuggingFaceTensor& tensor) {
    const std::string name = name_in_files(tensor.name);
    if (name.empty()) {
      if (tensor.tied_to.empty()) missing_.insert(tensor.name);
      return;
    }
    unknown_.erase(name);
    folder_.expect(name, tensor.shape);
    std::int64_t first = 0;
    for (const ParameterSpec& parameter : tensor.parameters) {
      places_.emplace(parameter.name, Place{name, first, tensor.transposed});
      first += parameter.shape[0];
    }
  }

  void drop_ignored(const Model& model) {
    for (const std::string_view pattern : family_.ignored) {
      for (std::int64_t layer = 0; layer < model.layers; ++layer) {
        const std::string name = with_layer(pattern, layer);
        unknown_.erase(name);
        unknown_.erase(without_prefix(name, family_.prefix));
      }
    }
  }

  void complain(std::string_view what, const std::set<std::string>& names) const {
    constexpr std::ptrdiff_t kMost = 5;
    if (names.empty()) return;
    std::vector<std::string> first;
    for (auto name = names.begin(); name != names.end() && std::distance(names.begin(), name) < kMost; ++name)
      first.push_back(json_quoted(*name));
    throw UserError(fmt::format("{}: {} tensors are {} for the model of config.json: {}{}",
                                folder_.directory().string(), names.size(), what, fmt::join(first, ", "),
                                names.size() > first.size() ? ", ..." : ""));
  }

  /// A tied tensor that is there must say the same as the one that it is tied to.
  void check_tie(const HuggingFaceTensor& tensor) const {
    const std::string name = tensor.tied_to.empty() ? std::string() : name_in_files(tensor.name);
    if (name.empty()) return;
    const std::string other = name_in_files(tensor.tied_to);
    Box part = whole(tensor.shape);
    for (const Band& band : bands_of(0, part.last_row, part.columns())) {
      part.first_row = band.first;
      part.last_row = band.last;
      std::vector<float> a(static_cast<std::size_t>(part.elements()));
      std::vector<float> b(a.size());
      folder_.read(name, part, a);
      folder_.read(other, part, b);
      if (std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) != 0) {
        throw UserError(
            fmt::format("{}: {} and {} differ, though config.json ties them; \"tie_word_embeddings\": false "
                        "would keep both",
                        folder_.directory().string(), json_quoted(name), json_quoted(other)));
      }
    }
  }

  HuggingFaceFolder folder_;
  const HuggingFaceFamily& family_;
  std::vector<HuggingFaceTensor> tensors_;
  std::map<std::string, Place, std::less<>> places_;
  std::set<std::string> unknown_;
  std::set<std::string> missing_;
};

/// What data.tokenizer is to be: the file that was copied if it can be read here, else bytes where the model knows as
/// many, else the file that one has to put there.
std::string choose_tokenizer(const fs::path& folder, const std::string& file, const Model& model,
                             const fs::path& name) {
  if (!file.empty()) {
    try {
      if (Tokenizer((folder / file).string()).symbols() <= model.vocab) return (name / file).string();
      log_warning(fmt::format("{} has more symbols than the model", (folder / file).string()));
    } catch (const UserError& error) {
      log_warning(fmt::format("the tokenizer cannot be used here: {}", error.what()));
    }
  }
  return Tokenizer("bytes").symbols() <= model.vocab ? "bytes" : (name / "tokenizer.json").string();
}

}  // namespace

fs::path import_huggingface(const fs::path& folder, const fs::path& directory, const fs::path& name) {
  const std::string where = (folder / "config.json").string();
  std::error_code ignored;
  if (!fs::exists(where, ignored)) throw UserError(fmt::format("{} is not there", where));
  const nlohmann::json json = parse_json(read_file(where), where);
  const JsonObject object(json, where);
  const HuggingFaceFamily& family = huggingface_family(object.string("model_type"), where + ": \"model_type\"");
  Config config;
  config.model = family.model_of(object);
  const Weights weights(folder, family, config.model);

  const std::vector<std::string> files = copy_tokenizer_files(folder, directory);
  config.data.tokenizer = choose_tokenizer(folder, tokenizer_file(files), config.model, name);
  config.data.path = "corpus.txt";
  CheckpointIndex state;
  state.moments = false;
  state.configuration = place_run(config, directory, name);

  const SavedLayout one{Grid(), 1, std::vector<int>(blocks_of(config.model).size(), 0)};
  const fs::path checkpoint = checkpoint_path(directory, state.step);
  fs::create_directory(checkpoint);
  write_checkpoint(checkpoint, state, owned_slices(config.model, one), 1,
                   [&](std::string_view parameter, Form, const Box& box, std::span<float> values) {
                     weights.read(parameter, box, values);
                   });
  return checkpoint_path(name, state.step);
}

}  // namespace triaxis
