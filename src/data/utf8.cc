#include "data/utf8.h"

#include <algorithm>

namespace triaxis {
namespace {

unsigned byte_at(std::string_view text, std::size_t place) { return static_cast<unsigned char>(text[place]); }

bool continues(unsigned byte) { return byte >= 0x80 && byte <= 0xBF; }

/// The bytes of a character that starts with `lead`; 0 if none does.
std::size_t promised_bytes(unsigned lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead <= 0xF4 ? 4 : 0;
}

/// Whether a character may start with these two bytes: no longer form than needed, no surrogate, none beyond U+10FFFF
/// (The Unicode Standard, table 3-7).
bool may_start(unsigned lead, unsigned second) {
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second <= 0x9F;
  if (lead == 0xF0) return second >= 0x90;
  return lead != 0xF4 || second <= 0x8F;
}

}  // namespace

std::size_t character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const std::size_t size = promised_bytes(byte_at(text, 0));
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if (!continues(byte_at(text, i))) return 0;
  return size < 2 || may_start(byte_at(text, 0), byte_at(text, 1)) ? size : 0;
}

std::size_t valid_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = character_bytes(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

std::size_t wrong_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && character_bytes(text.substr(at)) == 0) ++at;
  return at;
}

std::size_t whole_characters(std::string_view text) {
  constexpr std::size_t kMostCut = 3;
  for (std::size_t cut = 1; cut <= std::min(kMostCut, text.size()); ++cut) {
    const unsigned byte = byte_at(text, text.size() - cut);
    if (promised_bytes(byte) > cut) return text.size() - cut;
    if (!continues(byte)) break;
  }
  return text.size();
}

std::string to_utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
}

}  // namespace triaxis
