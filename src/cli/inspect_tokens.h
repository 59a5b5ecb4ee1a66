// `triaxis inspect` of a token file.
#pragma once

#include <string>

namespace triaxis {

/// RETURNS: what the token file at `path` is, after reading every byte, as text or as one JSON object. Throws
/// UserError, naming the file, if it is damaged.
std::string inspect_tokens(const std::string& path, bool json);

}  // namespace triaxis
