// Token files: a text as a tokenizer has cut it, kept for the next run. The page docs/formats/tokens.md describes them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/file_handle.h"
#include "base/hash.h"
#include "data/token.h"

namespace triaxis {

class Tokenizer;

/// The first 64 bytes of a token file, little-endian.
struct TokenFileHeader {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t token_bytes;  ///< 2 or 4
  std::uint64_t tokens;       ///< how many follow
  std::uint64_t symbols;      ///< of the tokenizer
  std::uint64_t end_of_text;  ///< of the tokenizer
  std::uint64_t tokenizer;    ///< Tokenizer::identity
  std::uint64_t tokens_hash;  ///< XXH3 of the tokens as they are stored
  std::uint64_t header_hash;  ///< XXH3 of the header up to here
};
static_assert(sizeof(TokenFileHeader) == 64);

struct TokenFile {
  TokenFileHeader header;
  std::vector<Token> tokens;
};

/// RETURNS: whether a file that starts with these bytes (eight, if it has them) is a token file. One whose magic is
/// damaged in a byte or two, or cut off, is one: it is refused by parse_tokens, not read as text.
bool is_token_file(std::span<const std::byte> start);

/// The same of the file at `path`. Throws RunError if it cannot be read.
bool is_token_file(const std::filesystem::path& path);

/// Reads a token file of which `bytes` are all. Throws UserError, one line that starts with `name`, if any byte is not
/// as it was written, or a token is not below the symbols.
TokenFile parse_tokens(std::span<const std::byte> bytes, std::string_view name);

/// Reads the file at `path` so. Throws RunError if it cannot be read.
TokenFile read_token_file(const std::filesystem::path& path);

/// Writes a token file from its first token to its last. Until finish() it has a temporary name, and is removed if that
/// is never called.
class TokenFileWriter {
 public:
  TokenFileWriter(std::filesystem::path path, const Tokenizer& tokenizer);
  ~TokenFileWriter();
  TokenFileWriter(const TokenFileWriter&) = delete;
  TokenFileWriter& operator=(const TokenFileWriter&) = delete;

  void append(std::span<const Token> tokens);

  /// Makes the file complete under its own name and flushes it to the disk.
  /// RETURNS: its header.
  TokenFileHeader finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  FileHandle file_;
  TokenFileHeader header_{};
  Hasher hasher_;
  bool finished_ = false;
};

}  // namespace triaxis
