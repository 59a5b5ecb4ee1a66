// Small helpers for what users type and read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace triaxis {

/// RETURNS: the candidate that `word` is most likely a misspelling of, or an empty string if none is near. Insertions,
/// deletions, replacements and swaps of neighbours count one each; up to a third of the word may be wrong.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// Reads a size: digits, perhaps with a decimal point, then nothing or k, M, G or B, T (powers of 1000) or KiB, MiB,
/// GiB, TiB (powers of 1024). RETURNS: nothing if `text` is no such size, not whole or beyond 64 bits.
std::optional<int64_t> parse_size(std::string_view text);

/// RETURNS: "512 B", "1.50 GiB": three significant digits in powers of 1024.
std::string format_bytes(double bytes);

/// RETURNS: "768", "4.10k", "124M", "1.30B": three significant digits in powers of 1000.
std::string format_count(double count);

/// RETURNS: a span of time as a person says it: "12ms", "4.2s", "3m05s", "2h07m", "5d03h".
std::string format_seconds(double seconds);

}  // namespace triaxis
