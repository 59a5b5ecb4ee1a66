#include "base/hash.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace triaxis {

struct Hasher::State {
  XXH3_state_t xxh;
};

Hasher::Hasher() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh); }
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::span<const std::byte> bytes) {
  if (!bytes.empty()) XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size());
}

void Hasher::reset() { XXH3_64bits_reset(&state_->xxh); }

uint64_t Hasher::value() const { return XXH3_64bits_digest(&state_->xxh); }

std::string Hasher::hex() const { return fmt::format("{:016x}", value()); }

uint64_t hash_of(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string hash_hex(std::span<const std::byte> bytes) { return fmt::format("{:016x}", hash_of(bytes)); }

}  // namespace triaxis
