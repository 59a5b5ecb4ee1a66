// What `data.path` holds, file by file, as tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/tokenizer.h"

namespace triaxis {

/// RETURNS: the file `path`, or all files in that folder and those in it, sorted by path, hidden ones left out. Throws
/// UserError, starting with `subject`, if there is no such file or folder.
std::vector<std::filesystem::path> list_documents(const std::filesystem::path& path, const std::string& subject);

struct DocumentCounts {
  std::int64_t documents = 0;  ///< without empty ones
  std::int64_t bytes = 0;      ///< of the files
  std::int64_t tokens = 0;     ///< the ends of text between documents included
};

/// Gives `sink` the tokens of the documents in order, some at a time, with an end of text between one and the next.
/// Texts are read and cut a few megabytes at a time, as far as the tokenizer allows. Throws UserError, starting with
/// `subject`, if a file cannot be read, or is a token file of another tokenizer; or as parse_tokens does.
DocumentCounts read_documents(const std::vector<std::filesystem::path>& documents, const Tokenizer& tokenizer,
                              const std::string& subject, const std::function<void(std::span<const Token>)>& sink);

}  // namespace triaxis
