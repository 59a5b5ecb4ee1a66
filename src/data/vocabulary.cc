#include "data/vocabulary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "data/byte_alphabet.h"

namespace triaxis {
namespace {

/// Names that the end of a text has, in the order in which they are looked for.
constexpr std::array<std::string_view, 4> kEndsOfText = {"<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"};

}  // namespace

Vocabulary::Vocabulary(const nlohmann::json& vocab, std::string where) : where_(std::move(where)) {
  if (!vocab.is_object() || vocab.empty())
    throw UserError(fmt::format("{}: must be an object of a number for each token", where_));
  for (const auto& [symbol, number] : vocab.items()) {
    const std::string place = fmt::format("{}: {}", where_, json_quoted(symbol));
    const auto token = static_cast<Token>(json_integer(number, place, 0, kMostSymbols - 1));
    if (symbol.empty()) throw UserError(fmt::format("{}: a token without a name", where_));
    if (token < model_.symbols.size() && !model_.symbols[token].empty())
      throw UserError(fmt::format("{}: another token has the number {}", place, token));
    put(token, bytes_of_symbols(symbol).value_or(symbol));
    tokens_.emplace(symbol, token);
  }
}

void Vocabulary::put(Token token, std::string bytes) {
  if (model_.symbols.size() <= token) model_.symbols.resize(std::size_t{token} + 1);
  model_.symbols[token] = std::move(bytes);
}

void Vocabulary::add(const std::string& text, Token token, std::string_view where) {
  if (text.empty()) throw UserError(fmt::format("{}: an added token without a text", where));
  const auto known = tokens_.find(text);
  if (known != tokens_.end() && known->second != token)
    throw UserError(fmt::format("{}: {} has the number {} in the vocabulary", where, json_quoted(text), known->second));
  if (known == tokens_.end() && token < model_.symbols.size() && !model_.symbols[token].empty())
    throw UserError(fmt::format("{}: another token has the number {}", where, token));
  put(token, text);
  tokens_.emplace(text, token);
  model_.added.push_back({text, token});
}

void Vocabulary::merge(const std::string& left, const std::string& right, std::string_view where) {
  model_.merges.push_back({find(left, where), find(right, where), find(left + right, where)});
}

Token Vocabulary::find(const std::string& symbol, std::string_view where) const {
  const auto found = tokens_.find(symbol);
  if (found == tokens_.end())
    throw UserError(fmt::format("{}: {} is not in the vocabulary", where, json_quoted(symbol)));
  return found->second;
}

Token Vocabulary::find_end_of_text() const {
  for (const std::string_view name : kEndsOfText)
    if (const auto found = tokens_.find(std::string(name)); found != tokens_.end()) return found->second;
  throw UserError(
      fmt::format("{}: no token ends a text; one of {} has to be there", where_, fmt::join(kEndsOfText, ", ")));
}

BytePairModel Vocabulary::finish() {
  for (unsigned byte = 0; byte < model_.bytes.size(); ++byte) {
    const auto found = tokens_.find(byte_symbol(static_cast<unsigned char>(byte)));
    if (found == tokens_.end()) throw UserError(fmt::format("{}: the byte {:#04x} is no token", where_, byte));
    model_.bytes[byte] = found->second;
  }
  model_.end_of_text = find_end_of_text();
  return std::move(model_);
}

}  // namespace triaxis
