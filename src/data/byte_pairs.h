// Byte-pair encoding over bytes: the tokenizers of GPT-2, GPT-4 and Llama 3.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/added_tokens.h"
#include "data/split_pattern.h"
#include "data/token.h"

namespace triaxis {

/// What a file says of such a tokenizer.
struct BytePairModel {
  struct Merge {
    Token left = 0;
    Token right = 0;
    Token merged = 0;
  };

  std::vector<std::string> symbols;  ///< the bytes that each token stands for; of one that is none, nothing
  std::array<Token, 256> bytes{};    ///< the tokens of single bytes
  std::vector<Merge> merges;         ///< the first ones are made first
  std::vector<AddedToken> added;
  std::string pattern{kGpt2Pattern};
  bool words_first = false;  ///< a word that is a token is not merged from its bytes
  Token end_of_text = 0;
};

/// Cuts a text into words, and merges in each the pair of neighbours that was learned first, until there is none
/// (Sennrich, Haddow and Birch 2016; over bytes: Radford et al. 2019).
class BytePairTokenizer {
 public:
  /// `name` is the file, for messages. Throws UserError if the pattern is wrong.
  BytePairTokenizer(BytePairModel model, std::string name);

  Token symbols() const { return static_cast<Token>(model_.symbols.size()); }
  Token end_of_text() const { return model_.end_of_text; }

  /// Appends the tokens of `text`, or unless it is `whole`, of its start, as far as what follows cannot change them.
  /// RETURNS: the bytes that they stand for.
  std::size_t encode(std::string_view text, bool whole, std::vector<Token>& tokens) const;

  /// REQUIRES: token < symbols().
  const std::string& decode(Token token) const { return model_.symbols[token]; }

 private:
  friend class WordEncoder;

  struct Ranked {
    std::uint32_t rank = 0;
    Token merged = 0;
  };

  BytePairModel model_;
  AddedTokens added_;
  SplitPattern pattern_;
  std::unordered_map<std::uint64_t, Ranked> merges_;  // by left << 32 | right
  std::unordered_map<std::string, Token> words_;      // only if words come first
};

}  // namespace triaxis
