#include "data/byte_alphabet.h"

#include <array>
#include <unordered_map>

#include "data/utf8.h"

namespace triaxis {
namespace {

bool stands_for_itself(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<std::string, 256> make_alphabet() {
  std::array<std::string, 256> alphabet;
  unsigned next = 256;
  for (unsigned byte = 0; byte < alphabet.size(); ++byte)
    alphabet[byte] = to_utf8(stands_for_itself(byte) ? byte : next++);
  return alphabet;
}

const std::array<std::string, 256>& alphabet() {
  static const std::array<std::string, 256> made = make_alphabet();
  return made;
}

std::unordered_map<std::string_view, char> make_inverse() {
  std::unordered_map<std::string_view, char> inverse;
  for (std::size_t byte = 0; byte < alphabet().size(); ++byte) inverse[alphabet()[byte]] = static_cast<char>(byte);
  return inverse;
}

}  // namespace

std::string byte_symbol(unsigned char byte) { return alphabet()[byte]; }

std::optional<std::string> bytes_of_symbols(std::string_view symbols) {
  static const std::unordered_map<std::string_view, char> inverse = make_inverse();
  std::string bytes;
  for (std::size_t at = 0; at < symbols.size();) {
    const std::size_t size = character_bytes(symbols.substr(at));
    const auto found = inverse.find(symbols.substr(at, size));
    if (size == 0 || found == inverse.end()) return {};
    bytes += found->second;
    at += size;
  }
  return bytes;
}

}  // namespace triaxis
