#include "data/tokenizer.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "data/byte_pair_files.h"

namespace triaxis {
namespace {

using Kind = std::variant<ByteTokenizer, BytePairTokenizer, PieceTokenizer>;

[[noreturn]] void refuse(const std::string& name, std::string_view why) {
  throw UserError(
      fmt::format("tokenizer \"{}\": {}; name \"bytes\", a tokenizer.json, a vocab.json with merges.txt beside it, or "
                  "a SentencePiece .model",
                  name, why));
}

Kind load(const std::string& name) {
  if (name == "bytes") return ByteTokenizer();
  const std::filesystem::path path(name);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) refuse(name, "no such file");
  try {
    if (path.extension() == ".json") return BytePairTokenizer(read_byte_pair_model(name), name);
    if (path.extension() == ".model") return PieceTokenizer(read_file(path), name);
  } catch (const RunError& error) {
    refuse(name, error.what());
  }
  refuse(name, "it ends neither in .json nor in .model");
}

}  // namespace

std::size_t ByteTokenizer::encode(std::string_view text, bool, std::vector<Token>& tokens) const {
  tokens.reserve(tokens.size() + text.size());
  for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
  return text.size();
}

Tokenizer::Tokenizer(const std::string& name) : kind_(load(name)) {
  Hasher hasher;
  const auto add = [&hasher](std::uint64_t number) { hasher.update(std::as_bytes(std::span(&number, 1))); };
  for (std::int32_t token = 0; token < symbols(); ++token) {
    const std::string bytes = decode(token);
    add(bytes.size());
    hasher.update(std::as_bytes(std::span(bytes)));
  }
  add(end_of_text());
  identity_ = hasher.value();
}

std::int64_t Tokenizer::symbols() const {
  return std::visit([](const auto& kind) { return kind.symbols(); }, kind_);
}

Token Tokenizer::end_of_text() const {
  return std::visit([](const auto& kind) { return kind.end_of_text(); }, kind_);
}

void Tokenizer::encode(std::string_view text, std::vector<Token>& tokens) const {
  const std::size_t done = std::visit([&](const auto& kind) { return kind.encode(text, true, tokens); }, kind_);
  check(done == text.size(), "a whole text is encoded to its end");
}

std::size_t Tokenizer::encode_start(std::string_view text, std::vector<Token>& tokens) const {
  return std::visit([&](const auto& kind) { return kind.encode(text, false, tokens); }, kind_);
}

std::string Tokenizer::decode(std::span<const std::int32_t> tokens) const {
  std::string text;
  for (const std::int32_t token : tokens) text += decode(token);
  const auto* pieces = std::get_if<PieceTokenizer>(&kind_);
  if (pieces != nullptr && pieces->starts_with_blank() && text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::string Tokenizer::decode(std::int32_t token) const {
  if (token < 0 || token >= symbols()) return "?";
  const auto known = static_cast<Token>(token);
  if (known == end_of_text()) return "\n";
  return std::visit([&](const auto& kind) { return std::string(kind.decode(known)); }, kind_);
}

std::optional<std::int64_t> tokenizer_symbols(const std::string& name) { return Tokenizer(name).symbols(); }

}  // namespace triaxis
