#include "checkpoint/tokenizer_files.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/file.h"

namespace triaxis {
namespace {

// Those that data.tokenizer may name come first, the best of them at the front.
constexpr std::array<std::string_view, 10> kFiles = {"tokenizer.json",        "vocab.json",
                                                     "tokenizer.model",       "merges.txt",
                                                     "tokenizer_config.json", "special_tokens_map.json",
                                                     "added_tokens.json",     "chat_template.jinja",
                                                     "chat_template.json",    "generation_config.json"};
constexpr std::size_t kReadable = 3;

}  // namespace

std::vector<std::string> copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::vector<std::string> names;
  for (const std::string_view name : kFiles) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(from / name, ignored)) continue;
    write_file_atomically(to / name, read_file(from / name));
    names.emplace_back(name);
  }
  return names;
}

std::string tokenizer_file(const std::vector<std::string>& names) {
  for (const std::string_view name : std::span(kFiles).first(kReadable))
    if (std::ranges::find(names, name) != names.end()) return std::string(name);
  return {};
}

}  // namespace triaxis
