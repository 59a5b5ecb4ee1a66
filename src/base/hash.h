// Hashes of tensors and files, as digests and checksums print them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace triaxis {

/// XXH3 (64 bits) of bytes that come in pieces; how they are cut does not matter.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  /// Adds the next bytes.
  void update(std::span<const std::byte> bytes);

  /// Starts anew. Allocates nothing.
  void reset();

  /// RETURNS: the hash of all bytes so far; more may follow.
  uint64_t value() const;

  /// RETURNS: value() as 16 lower-case hexadecimal digits.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// RETURNS: the hash of these bytes, as Hasher::value.
uint64_t hash_of(std::span<const std::byte> bytes);

/// RETURNS: the hash of these bytes, as Hasher::hex.
std::string hash_hex(std::span<const std::byte> bytes);

}  // namespace triaxis
