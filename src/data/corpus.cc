#include "data/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const DataConfig& data, std::string_view why) {
  throw UserError(fmt::format("data.path = \"{}\": {}; name a text file, or a folder of text files", data.path, why));
}

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    if (hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> documents(const DataConfig& data) {
  if (data.path.empty()) throw UserError("data.path is missing; name a text file, or a folder of text files");
  try {
    if (!fs::exists(data.path)) refuse(data, "no such file or folder");
    if (fs::is_directory(data.path)) return files_below(data.path);
    if (!fs::is_regular_file(data.path)) refuse(data, "neither a file nor a folder");
    return {data.path};
  } catch (const fs::filesystem_error& error) {
    refuse(data, error.code().message());
  }
}

std::vector<Token> read_tokens(const DataConfig& data, const Tokenizer& tokenizer) {
  std::vector<Token> tokens;
  for (const fs::path& path : documents(data)) {
    std::string text;
    try {
      text = read_file(path);
    } catch (const RunError& error) {
      refuse(data, error.what());
    }
    if (text.empty()) continue;
    if (!tokens.empty()) tokens.push_back(tokenizer.end_of_text());
    tokenizer.encode(text, tokens);
  }
  if (tokens.empty()) refuse(data, "there is no text in it");
  return tokens;
}

/// Refuses a text of which either part is shorter than one window of `window` tokens.
void require_windows(const DataConfig& data, const Corpus& corpus, size_t window) {
  const size_t size = corpus.tokens.size();
  const auto need = [&](std::string_view part, size_t has, std::string_view remedy) {
    throw UserError(
        fmt::format("data.path = \"{}\": of its {} tokens, data.validation = {} leaves {} to {}, and a window "
                    "of model.seq_len + 1 needs {}; {}name a longer text or a smaller model.seq_len",
                    data.path, size, data.validation, has, part, window, remedy));
  };
  if (corpus.training_size < window) need("train on", corpus.training_size, "");
  if (data.validation == 0 || corpus.validation().size() >= window) return;
  const double enough = std::ceil(1000.0 * static_cast<double>(window) / static_cast<double>(size)) / 1000;
  const bool possible = (1 - enough) * static_cast<double>(size) > static_cast<double>(window);
  need("validate on", corpus.validation().size(),
       possible ? fmt::format("raise data.validation to {}, or ", enough) : "");
}

std::string checksum(const Corpus& corpus) {
  Hasher hasher;
  hasher.update(std::as_bytes(std::span(corpus.tokens)));
  const uint64_t split = corpus.training_size;
  hasher.update(std::as_bytes(std::span(&split, 1)));
  return hasher.hex();
}

}  // namespace

Corpus load_corpus(const DataConfig& data, const Tokenizer& tokenizer, int64_t seq_len) {
  Corpus corpus;
  corpus.tokens = read_tokens(data, tokenizer);
  const size_t size = corpus.tokens.size();
  const auto held_out = static_cast<size_t>(std::ceil(data.validation * static_cast<double>(size)));
  corpus.training_size = size - std::min(held_out, size);

  require_windows(data, corpus, static_cast<size_t>(seq_len) + 1);
  corpus.checksum = checksum(corpus);
  return corpus;
}

}  // namespace triaxis
