// The text of a run, as tokens in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/tokenizer.h"

namespace triaxis {

/// All tokens of `data.path`: first those to train on, then those to validate on.
struct Corpus {
  std::vector<Token> tokens;
  size_t training_size = 0;
  /// One hash of the tokens and of where they are split: equal if and only if two runs read the same data,
  /// be it from a text or from a token file made of it.
  std::string checksum;

  std::span<const Token> training() const { return std::span(tokens).first(training_size); }
  std::span<const Token> validation() const { return std::span(tokens).subspan(training_size); }
};

/// Reads the file `data.path`, or all files in that folder as list_documents lists them, texts and token files alike,
/// with an end of text between one file and the next. The last `data.validation` of the tokens, rounded up, are
/// validated on. Throws UserError, naming the key and the path, if the text cannot be read, is empty, or if either part
/// is shorter than one window of `seq_len` inputs and one more target; a share of 0 needs no validation part.
Corpus load_corpus(const DataConfig& data, const Tokenizer& tokenizer, int64_t seq_len);

}  // namespace triaxis
