#include "cli/inspect_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "data/token_file.h"

namespace triaxis {

std::string inspect_tokens(const std::string& path, bool json) {
  const TokenFile file = read_token_file(path);
  const TokenFileHeader& header = file.header;
  const std::uint64_t bytes = sizeof(header) + header.tokens * header.token_bytes;
  const auto ends = std::count(file.tokens.begin(), file.tokens.end(), static_cast<Token>(header.end_of_text));
  if (json) {
    const nlohmann::ordered_json object = {{"kind", "tokens"},
                                           {"path", path},
                                           {"tokens", header.tokens},
                                           {"token_bytes", header.token_bytes},
                                           {"bytes", bytes},
                                           {"symbols", header.symbols},
                                           {"end_of_text", header.end_of_text},
                                           {"ends_of_text", ends},
                                           {"tokenizer", fmt::format("{:016x}", header.tokenizer)},
                                           {"checksum", fmt::format("{:016x}", header.tokens_hash)},
                                           {"intact", true}};
    return object.dump();
  }
  return fmt::format(
      "{}: a token file, every byte as it was written\n"
      "  tokens     {}, {} bytes each, {} in all\n"
      "  tokenizer  {} symbols, {:016x}\n"
      "  ends       {}, of token {}\n"
      "  checksum   {:016x}",
      path, header.tokens, header.token_bytes, format_bytes(static_cast<double>(bytes)), header.symbols,
      header.tokenizer, ends, header.end_of_text, header.tokens_hash);
}

}  // namespace triaxis
