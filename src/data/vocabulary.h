// The tokens of a byte-pair tokenizer by name, while its files are read.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/byte_pairs.h"

namespace triaxis {

/// Fills a BytePairModel from what its files say, checking everything. UserErrors start with the place that is wrong.
class Vocabulary {
 public:
  /// `vocab` is an object of a number for each name; `where` its place, for messages.
  Vocabulary(const nlohmann::json& vocab, std::string where);

  /// Adds a token that stands in texts under its name.
  void add(const std::string& text, Token token, std::string_view where);

  /// Adds the next merge of two tokens.
  void merge(const std::string& left, const std::string& right, std::string_view where);

  /// RETURNS: the model, with the tokens of the bytes and the end of a text found.
  BytePairModel finish();

 private:
  void put(Token token, std::string bytes);
  Token find(const std::string& symbol, std::string_view where) const;
  Token find_end_of_text() const;

  std::string where_;
  std::unordered_map<std::string, Token> tokens_;  // by name, bytes written as in byte_alphabet.h
  BytePairModel model_;
};

}  // namespace triaxis
