// SentencePiece models: the tokenizers of Llama 2, T5 and others.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/token.h"

namespace sentencepiece {  // NOLINT(readability-identifier-naming): the library's own name
class SentencePieceProcessor;
}

namespace triaxis {

/// A model as the SentencePiece library reads it. What such a model does to a text before it cuts it (joining blanks,
/// NFKC) is lost, so decoding gives back the text that the model saw.
class PieceTokenizer {
 public:
  /// Reads a model of which `bytes` are all. Throws UserError, one line that starts with `name`, if it is damaged or
  /// has no token that ends a text.
  PieceTokenizer(std::string_view bytes, std::string_view name);

  Token symbols() const { return static_cast<Token>(pieces_.size()); }
  Token end_of_text() const { return end_of_text_; }

  /// Appends the tokens of `text` if it is `whole`, else nothing: only a whole text is cut.
  /// RETURNS: the bytes that they stand for.
  std::size_t encode(std::string_view text, bool whole, std::vector<Token>& tokens) const;

  /// REQUIRES: token < symbols().
  const std::string& decode(Token token) const { return pieces_[token]; }

  /// RETURNS: whether every text gets a blank in front.
  bool starts_with_blank() const { return starts_with_blank_; }

 private:
  std::shared_ptr<const sentencepiece::SentencePieceProcessor> processor_;
  std::vector<std::string> pieces_;
  Token end_of_text_ = 0;
  bool starts_with_blank_ = false;
};

}  // namespace triaxis
