// The files that byte-pair tokenizers come in.
#pragma once

#include <string>
#include <string_view>

#include "data/byte_pairs.h"

namespace triaxis {

/// Reads a tokenizer.json of Hugging Face. Throws UserError, one line that starts with `name`, if it is damaged, or
/// asks for something that would cut a text in another way than BytePairTokenizer does.
BytePairModel parse_tokenizer_json(std::string_view text, std::string_view name);

/// Reads GPT-2's pair of files: the tokens by name, and the merges, a line each, first ones first. Throws UserError as
/// above, naming the file that is wrong.
BytePairModel parse_vocab_and_merges(std::string_view vocab, std::string_view vocab_name, std::string_view merges,
                                     std::string_view merges_name);

/// Reads the file at `path` as what it holds: a tokenizer.json, or tokens by name with the merges in merges.txt beside
/// it. Throws RunError if a file cannot be read.
BytePairModel read_byte_pair_model(const std::string& path);

}  // namespace triaxis
