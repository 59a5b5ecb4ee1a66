// Text to tokens and back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/byte_pairs.h"
#include "data/pieces.h"
#include "data/token.h"

namespace triaxis {

/// Every byte is a token, and one more ends a text.
class ByteTokenizer {
 public:
  Token symbols() const { return kBytes + 1; }
  Token end_of_text() const { return kBytes; }
  std::size_t encode(std::string_view text, bool whole, std::vector<Token>& tokens) const;
  std::string decode(Token token) const { return {static_cast<char>(token)}; }

 private:
  static constexpr Token kBytes = 256;
};

/// The tokenizer that `data.tokenizer` names: "bytes", or the file of one. docs/data.md says which files.
class Tokenizer {
 public:
  /// Throws UserError, one line that names the file, if there is no such tokenizer, its file is damaged, or it asks for
  /// something that is not built.
  explicit Tokenizer(const std::string& name);

  /// RETURNS: how many different tokens there are; a model's vocabulary is at least that.
  std::int64_t symbols() const;

  /// RETURNS: the token between two documents.
  Token end_of_text() const;

  /// RETURNS: a hash of what each token stands for: equal where tokens mean the same, whatever file they come from.
  std::uint64_t identity() const { return identity_; }

  /// Appends the tokens of `text`.
  void encode(std::string_view text, std::vector<Token>& tokens) const;

  /// Appends the tokens of the start of `text`, as far as what may follow it cannot change them.
  /// RETURNS: the bytes that they stand for; the rest goes in front of what follows.
  std::size_t encode_start(std::string_view text, std::vector<Token>& tokens) const;

  /// RETURNS: the bytes that `tokens` stand for, which need not be whole characters. An end of text ends a line, and
  /// what a model says beyond the symbols becomes "?".
  std::string decode(std::span<const std::int32_t> tokens) const;

  /// RETURNS: the bytes of one token inside a text: decode() of many is these in a row, but for a blank that a
  /// SentencePiece model puts in front of every text.
  std::string decode(std::int32_t token) const;

 private:
  std::variant<ByteTokenizer, BytePairTokenizer, PieceTokenizer> kind_;
  std::uint64_t identity_ = 0;
};

/// The symbols of a tokenizer: what load_config asks for. Throws UserError as Tokenizer does.
std::optional<std::int64_t> tokenizer_symbols(const std::string& name);

}  // namespace triaxis
