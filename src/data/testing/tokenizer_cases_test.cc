#include "data/testing/tokenizer_cases.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace triaxis {

std::string fixture(const std::string& name) {
  return std::filesystem::path(__FILE__).parent_path() / "../testdata" / name;
}

std::vector<TokenizerCase> tokenizer_cases(const std::string& name) {
  std::vector<TokenizerCase> cases;
  for (const auto& entry : nlohmann::json::parse(read_file(fixture(name))))
    cases.push_back({entry["text"], entry["tokens"].get<std::vector<Token>>()});
  return cases;
}

std::vector<Token> encoded(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<Token> tokens;
  tokenizer.encode(text, tokens);
  return tokens;
}

std::vector<Token> encoded_in_two(const Tokenizer& tokenizer, std::string_view text, std::size_t first) {
  std::vector<Token> tokens;
  const std::size_t done = tokenizer.encode_start(text.substr(0, first), tokens);
  tokenizer.encode(text.substr(done), tokens);
  return tokens;
}

std::string decoded(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  return tokenizer.decode(std::vector<std::int32_t>(tokens.begin(), tokens.end()));
}

}  // namespace triaxis
