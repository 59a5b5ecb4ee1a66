#include "data/documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/file_handle.h"
#include "data/token_file.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

using Sink = std::function<void(std::span<const Token>)>;

[[noreturn]] void refuse(const std::string& subject, std::string_view why) {
  throw UserError(fmt::format("{}: {}; name a text file, a token file, or a folder of either", subject, why));
}

/// RETURNS: what `read` gives; that a file cannot be read is the user's mistake.
template <typename Read>
auto reading(const std::string& subject, Read read) {
  try {
    return read();
  } catch (const RunError& error) {
    refuse(subject, error.what());
  }
}

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    if (hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void read_text(const FileHandle& file, const Tokenizer& tokenizer, const std::string& subject, const Sink& sink) {
  constexpr std::size_t kBlock = 4 << 20;
  const std::uint64_t size = file.size();
  std::string text;  // what has been read and not been cut yet
  std::vector<Token> tokens;
  for (std::uint64_t read = 0; read < size;) {
    const std::size_t before = text.size();
    text.resize(before + std::min<std::uint64_t>(kBlock, size - read));
    const std::span<char> block = std::span(text).subspan(before);
    if (!reading(subject, [&] { return file.read(read, std::as_writable_bytes(block)); }))
      refuse(subject, "a file became shorter while it was read");
    read += block.size();
    tokens.clear();
    if (read < size) {
      text.erase(0, tokenizer.encode_start(text, tokens));
    } else {
      tokenizer.encode(text, tokens);
    }
    sink(tokens);
  }
}

void read_tokens(const fs::path& path, const Tokenizer& tokenizer, const std::string& subject, const Sink& sink) {
  const TokenFile file = reading(subject, [&] { return read_token_file(path); });
  if (file.header.tokenizer != tokenizer.identity()) {
    throw UserError(fmt::format(
        "{}: the token file {} is of a tokenizer of {} symbols ({:016x}), and this one has {} "
        "({:016x}); name its tokenizer",
        subject, path.string(), file.header.symbols, file.header.tokenizer, tokenizer.symbols(), tokenizer.identity()));
  }
  sink(file.tokens);
}

}  // namespace

std::vector<fs::path> list_documents(const fs::path& path, const std::string& subject) {
  try {
    if (!fs::exists(path)) refuse(subject, "no such file or folder");
    if (fs::is_directory(path)) return files_below(path);
    if (!fs::is_regular_file(path)) refuse(subject, "neither a file nor a folder");
    return {path};
  } catch (const fs::filesystem_error& error) {
    refuse(subject, error.code().message());
  }
}

DocumentCounts read_documents(const std::vector<fs::path>& documents, const Tokenizer& tokenizer,
                              const std::string& subject, const Sink& sink) {
  DocumentCounts counts;
  const Sink counted = [&](std::span<const Token> tokens) {
    counts.tokens += static_cast<std::int64_t>(tokens.size());
    sink(tokens);
  };
  for (const fs::path& path : documents) {
    const FileHandle file = reading(subject, [&] { return FileHandle::open(path); });
    const std::uint64_t bytes = file.size();
    if (bytes == 0) continue;
    const Token end = tokenizer.end_of_text();
    if (counts.documents > 0) counted(std::span(&end, 1));
    ++counts.documents;
    counts.bytes += static_cast<std::int64_t>(bytes);
    if (reading(subject, [&] { return is_token_file(path); })) {
      read_tokens(path, tokenizer, subject, counted);
    } else {
      read_text(file, tokenizer, subject, counted);
    }
  }
  if (counts.tokens == 0) refuse(subject, "there is no text in it");
  return counts;
}

}  // namespace triaxis
