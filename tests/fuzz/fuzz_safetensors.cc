// The header of a safetensors file: first as it stands, then the input as JSON text with the right length before it and
// as much data after it as the header says, so that what is inside is reached.
#include <algorithm>
#include <string>

#include "checkpoint/safetensors.h"
#include "fuzz.h"

using namespace triaxis;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

void check_header(const SafetensorsHeader& header, std::uint64_t file_bytes) {
  std::uint64_t end = 0;
  for (const SafetensorsEntry& entry : header.tensors) {
    require(entry.begin == end && entry.end >= end);
    end = entry.end;
  }
  require(end == file_bytes - header.data_start);
  const std::string again = safetensors_header(header.tensors, header.metadata);
  const SafetensorsHeader back = parse_safetensors(bytes_of(again), again.size() + end, "file");
  require(back.tensors.size() == header.tensors.size() && back.metadata == header.metadata);
}

void check_input(const std::string& start, std::uint64_t file_bytes) {
  SafetensorsHeader header;
  if (accepts([&] { header = parse_safetensors(bytes_of(start), file_bytes, "file"); }))
    check_header(header, file_bytes);
}

/// The largest number in the text: where the data must end if the header is right.
std::uint64_t largest_number(const std::string& text) {
  std::uint64_t largest = 0;
  std::uint64_t number = 0;
  for (const char c : text) {
    number = c >= '0' && c <= '9' ? number * 10 + static_cast<std::uint64_t>(c - '0') : 0;
    largest = std::max(largest, number);
  }
  return largest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_input(text, text.size());
  std::string start;
  for (int i = 0; i < 8; ++i) start += static_cast<char>(size >> (8 * i) & 0xff);
  start += text;
  const std::uint64_t limit = std::uint64_t{1} << 62;
  check_input(start, start.size() + std::min(largest_number(text), limit));
  return 0;
}
