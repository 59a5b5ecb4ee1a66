#include "data/tokenizer.h"

#include <fmt/format.h>

#include "base/error.h"

namespace triaxis {

Tokenizer::Tokenizer(std::string_view name) {
  if (name != "bytes") {
    throw UserError(fmt::format("data.tokenizer = \"{}\": no such tokenizer; what there is today is \"bytes\"", name));
  }
}

void Tokenizer::encode(std::string_view text, std::vector<Token>& tokens) const {
  tokens.reserve(tokens.size() + text.size());
  for (char c : text) tokens.push_back(static_cast<unsigned char>(c));
}

std::string Tokenizer::decode(std::span<const int32_t> tokens) const {
  std::string text;
  text.reserve(tokens.size());
  for (int32_t token : tokens) {
    const bool byte = token >= 0 && token < kBytes;
    text += byte ? static_cast<char>(token) : token == end_of_text() ? '\n' : '?';
  }
  return text;
}

}  // namespace triaxis
