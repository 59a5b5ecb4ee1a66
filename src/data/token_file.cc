#include "data/token_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "data/tokenizer.h"

namespace triaxis {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and copied as they lie in memory");

// A first byte that no text has, and a line end that a transfer in text mode would change.
constexpr std::array<char, 8> kMagic = {'\x89', 'T', 'R', 'X', 'T', 'O', 'K', '\n'};
constexpr std::uint32_t kVersion = 1;

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw UserError(fmt::format("{}: {}; write it again with triaxis tokenize", name, why));
}

std::uint64_t header_hash(const TokenFileHeader& header) {
  return hash_of(std::as_bytes(std::span(&header, 1)).first(offsetof(TokenFileHeader, header_hash)));
}

TokenFileHeader parse_header(std::span<const std::byte> bytes, std::string_view name) {
  TokenFileHeader header{};
  if (bytes.size() < sizeof(header)) refuse(name, "a token file that is cut off in its header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.header_hash != header_hash(header)) refuse(name, "a token file whose header is damaged");
  if (header.magic != kMagic) refuse(name, "no token file");
  if (header.version != kVersion)
    refuse(name, fmt::format("a token file of version {}, and this program reads {}", header.version, kVersion));
  const bool narrow = header.token_bytes == sizeof(std::uint16_t);
  if (!narrow && header.token_bytes != sizeof(Token))
    refuse(name, fmt::format("a token file of {} bytes a token; there are 2 and 4", header.token_bytes));
  const std::uint64_t most = narrow ? std::uint64_t{1} << 16 : std::numeric_limits<std::int32_t>::max();
  if (header.symbols == 0 || header.symbols > most || header.end_of_text >= header.symbols)
    refuse(name,
           fmt::format("a token file of {} symbols, of which {} ends a text", header.symbols, header.end_of_text));
  const std::size_t rest = bytes.size() - sizeof(header);
  if (rest % header.token_bytes != 0 || rest / header.token_bytes != header.tokens) {
    refuse(name, fmt::format("a token file that is cut off, or has something added: its header says {} tokens of {} "
                             "bytes, and {} bytes follow it",
                             header.tokens, header.token_bytes, rest));
  }
  return header;
}

template <typename Stored>
void widen(std::span<const std::byte> bytes, std::vector<Token>& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    Stored stored = 0;
    std::memcpy(&stored, bytes.data() + i * sizeof(stored), sizeof(stored));
    tokens[i] = stored;
  }
}

}  // namespace

bool is_token_file(std::span<const std::byte> start) {
  const std::size_t size = std::min(start.size(), kMagic.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < size; ++i) same += start[i] == std::as_bytes(std::span(kMagic))[i] ? 1 : 0;
  return size == kMagic.size() ? same + 2 >= size : size > 0 && same == size;
}

bool is_token_file(const std::filesystem::path& path) {
  const FileHandle file = FileHandle::open(path);
  std::array<std::byte, kMagic.size()> start{};
  const std::span<std::byte> bytes = std::span(start).first(std::min<std::uint64_t>(file.size(), start.size()));
  return file.read(0, bytes) && is_token_file(bytes);
}

TokenFile parse_tokens(std::span<const std::byte> bytes, std::string_view name) {
  TokenFile file{.header = parse_header(bytes, name), .tokens = {}};
  const std::span<const std::byte> stored = bytes.subspan(sizeof(TokenFileHeader));
  if (hash_of(stored) != file.header.tokens_hash) refuse(name, "a token file whose tokens are damaged");
  file.tokens.resize(file.header.tokens);
  if (file.header.token_bytes == sizeof(Token)) {
    widen<Token>(stored, file.tokens);
  } else {
    widen<std::uint16_t>(stored, file.tokens);
  }
  const auto largest = std::max_element(file.tokens.begin(), file.tokens.end());
  if (largest != file.tokens.end() && *largest >= file.header.symbols)
    refuse(name, fmt::format("a token file of {} symbols that has a token {}", file.header.symbols, *largest));
  return file;
}

TokenFile read_token_file(const std::filesystem::path& path) {
  const FileHandle file = FileHandle::open(path);
  std::vector<std::byte> bytes(file.size());
  if (!file.read(0, bytes)) throw RunError(fmt::format("cannot read {}: it became shorter", path.string()));
  return parse_tokens(bytes, path.string());
}

TokenFileWriter::TokenFileWriter(std::filesystem::path path, const Tokenizer& tokenizer)
    : path_(std::move(path)),
      temporary_(fmt::format("{}.{}.tmp", path_.string(), getpid())),
      file_(FileHandle::create(temporary_)) {
  const auto symbols = static_cast<std::uint64_t>(tokenizer.symbols());
  const bool narrow = symbols <= std::uint64_t{std::numeric_limits<std::uint16_t>::max()} + 1;
  header_ = {.magic = kMagic,
             .version = kVersion,
             .token_bytes = narrow ? 2U : 4U,
             .tokens = 0,
             .symbols = symbols,
             .end_of_text = tokenizer.end_of_text(),
             .tokenizer = tokenizer.identity(),
             .tokens_hash = 0,
             .header_hash = 0};
}

TokenFileWriter::~TokenFileWriter() {
  if (!finished_) unlink(temporary_.c_str());
}

void TokenFileWriter::append(std::span<const Token> tokens) {
  const auto put = [&](std::span<const std::byte> bytes) {
    hasher_.update(bytes);
    file_.write(sizeof(header_) + header_.tokens * header_.token_bytes, bytes);
  };
  if (header_.token_bytes == sizeof(Token)) {
    put(std::as_bytes(tokens));
  } else {
    const std::vector<std::uint16_t> narrow(tokens.begin(), tokens.end());
    put(std::as_bytes(std::span(narrow)));
  }
  header_.tokens += tokens.size();
}

TokenFileHeader TokenFileWriter::finish() {
  header_.tokens_hash = hasher_.value();
  header_.header_hash = header_hash(header_);
  file_.write(0, std::as_bytes(std::span(&header_, 1)));
  file_.flush();
  rename_path(temporary_, path_);
  finished_ = true;
  flush_directory(path_.has_parent_path() ? path_.parent_path() : ".");
  return header_;
}

}  // namespace triaxis
