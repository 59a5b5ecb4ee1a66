// Text to tokens and back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// A token as the corpus keeps it in memory.
using Token = uint16_t;

/// The tokenizer that `data.tokenizer` names. Only "bytes" so far: a token is a byte, and one more ends a text.
class Tokenizer {
 public:
  /// Throws UserError for a name other than "bytes".
  explicit Tokenizer(std::string_view name);

  /// RETURNS: how many different tokens there are; a model's vocabulary is at least that.
  int64_t symbols() const { return kBytes + 1; }

  /// RETURNS: the token between two documents.
  Token end_of_text() const { return kBytes; }

  /// Appends the tokens of `text`.
  void encode(std::string_view text, std::vector<Token>& tokens) const;

  /// RETURNS: the text of `tokens`. An end of text ends a line, and what a model says beyond the symbols becomes "?".
  std::string decode(std::span<const int32_t> tokens) const;

 private:
  static constexpr Token kBytes = 256;
};

}  // namespace triaxis
