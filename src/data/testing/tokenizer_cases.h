// The fixtures of the tokenizers. Part of the test program alone: tokenizer_cases_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer.h"

namespace triaxis {

/// RETURNS: the path of a fixture.
std::string fixture(const std::string& name);

struct TokenizerCase {
  std::string text;
  std::vector<Token> tokens;  ///< what the library that made the tokenizer cuts it into
};

/// RETURNS: the texts of a fixture and their tokens.
std::vector<TokenizerCase> tokenizer_cases(const std::string& name);

std::vector<Token> encoded(const Tokenizer& tokenizer, std::string_view text);

/// The same, with a cut after `first` bytes: the start is encoded before the rest is known.
std::vector<Token> encoded_in_two(const Tokenizer& tokenizer, std::string_view text, std::size_t first);

std::string decoded(const Tokenizer& tokenizer, const std::vector<Token>& tokens);

}  // namespace triaxis
