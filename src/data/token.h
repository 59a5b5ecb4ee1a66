// What a text is made of, once a tokenizer has cut it.
#pragma once

#include <cstdint>

namespace triaxis {

/// A token as it is kept in memory.
using Token = std::uint32_t;

/// The most symbols that a tokenizer's file may have.
constexpr Token kMostSymbols = 1 << 20;

}  // namespace triaxis
