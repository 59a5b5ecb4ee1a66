// GPT-2's way to write any bytes as printable text: a character for each byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace triaxis {

/// RETURNS: the character, in UTF-8, that stands for a byte. Printable ones stand for themselves; the others follow, in
/// order, from U+0100 on (so a blank is U+0120).
std::string byte_symbol(unsigned char byte);

/// RETURNS: the bytes that a text of such characters stands for; nothing if another character is in it.
std::optional<std::string> bytes_of_symbols(std::string_view symbols);

}  // namespace triaxis
