// The files of a tokenizer, which travel with a model unread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace triaxis {

/// Copies whatever belongs to a tokenizer, and generation_config.json, from one folder to another, flushed to the disk.
/// RETURNS: the names of the files.
std::vector<std::string> copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to);

/// RETURNS: the file among `names` that data.tokenizer may name, empty if there is none.
std::string tokenizer_file(const std::vector<std::string>& names);

}  // namespace triaxis
