// A token file: as it stands, and with its two hashes made right, without which little would be reached.
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "data/token_file.h"
#include "fuzz.h"

using namespace triaxis;

namespace {

void check_input(std::span<const std::byte> bytes) {
  TokenFile file;
  if (!accepts([&] { file = parse_tokens(bytes, "file"); })) return;
  require(is_token_file(bytes) && file.tokens.size() == file.header.tokens);
  require(bytes.size() == sizeof(file.header) + file.header.tokens * file.header.token_bytes);
  for (const Token token : file.tokens) require(token < file.header.symbols);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  check_input(bytes);
  TokenFileHeader header{};
  if (size < sizeof(header)) return 0;
  std::memcpy(&header, data, sizeof(header));
  header.tokens_hash = hash_of(bytes.subspan(sizeof(header)));
  const auto start = std::as_bytes(std::span(&header, 1));
  header.header_hash = hash_of(start.first(offsetof(TokenFileHeader, header_hash)));
  std::vector<std::byte> mended(bytes.begin(), bytes.end());
  std::memcpy(mended.data(), &header, sizeof(header));
  check_input(mended);
  return 0;
}
