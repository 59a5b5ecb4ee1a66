#include "base/hash.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace triaxis {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// From the reference implementation: XXH3_64bits of nothing, seed 0.
TEST(Hasher, KnowsTheHashOfNothing) { EXPECT_EQ(Hasher().hex(), "2d06800538d394c2"); }

TEST(Hasher, DoesNotSeeHowTheBytesWereCut) {
  const std::string text(5000, 'x');
  const std::string whole = hash_hex(bytes_of(text));
  for (size_t cut : {1u, 100u, 257u, 4999u}) {
    Hasher hasher;
    hasher.update(bytes_of(text).first(cut));
    hasher.update({});
    hasher.update(bytes_of(text).subspan(cut));
    EXPECT_EQ(hasher.hex(), whole);
  }
  EXPECT_NE(hash_hex(bytes_of(text).first(4999)), whole);
}

TEST(Hasher, GoesOnAfterAValueWasTaken) {
  Hasher hasher;
  hasher.update(bytes_of("data"));
  EXPECT_EQ(hasher.hex(), hash_hex(bytes_of("data")));
  hasher.update(bytes_of("tensor"));
  EXPECT_EQ(hasher.hex(), hash_hex(bytes_of("datatensor")));
}

}  // namespace
}  // namespace triaxis
