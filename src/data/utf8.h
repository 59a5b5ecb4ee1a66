// Where characters begin and end in bytes that may be no text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace triaxis {

/// RETURNS: the bytes of the UTF-8 character that `text` starts with; 0 if it starts with none.
std::size_t character_bytes(std::string_view text);

/// RETURNS: how many bytes at the start of `text` are UTF-8.
std::size_t valid_bytes(std::string_view text);

/// RETURNS: how many bytes at the start of `text` begin no UTF-8 character.
std::size_t wrong_bytes(std::string_view text);

/// RETURNS: the bytes of `text` without a character that is cut off at its end: what can be shown before more comes.
std::size_t whole_characters(std::string_view text);

/// RETURNS: a character's UTF-8. REQUIRES: code < 0x800.
std::string to_utf8(unsigned code);

}  // namespace triaxis
