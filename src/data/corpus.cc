#include "data/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "data/documents.h"

namespace triaxis {
namespace {

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
  if (data.path.empty()) throw UserError("data.path is missing; name a text file, a token file, or a folder of either");
  const std::string subject = fmt::format("data.path = \"{}\"", data.path);
  read_documents(list_documents(data.path, subject), tokenizer, subject, [&corpus](std::span<const Token> tokens) {
    corpus.tokens.insert(corpus.tokens.end(), tokens.begin(), tokens.end());
  });
  const size_t size = corpus.tokens.size();
  const auto held_out = static_cast<size_t>(std::ceil(data.validation * static_cast<double>(size)));
  corpus.training_size = size - std::min(held_out, size);

  require_windows(data, corpus, static_cast<size_t>(seq_len) + 1);
  corpus.checksum = checksum(corpus);
  return corpus;
}

}  // namespace triaxis
