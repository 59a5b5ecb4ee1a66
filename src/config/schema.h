// The schema: one row a key. Parsing, `--set`, messages, the page docs/configuration.md and the written configuration
// all read these rows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/value.h"

namespace triaxis {

/// Whether a run that goes on from a checkpoint may change the key. What is read as data is known by its checksum.
enum class Resume : std::uint8_t { kFixed, kFree, kSameData };

struct Key {
  std::string_view section;
  std::string_view name;
  Field (*field)(Config& config);
  Domain domain;
  Resume resume;
  std::string_view meaning;
  std::array<std::string_view, 2> built = {};  ///< the values, as TOML, that run today; all if there are none
  std::string_view fallback = {};              ///< the default in words, where it follows from other keys
};

/// All keys, section by section, in the order in which they are written.
std::span<const Key> schema();

/// RETURNS: the key as users write it, "parallel.tensor".
std::string full_name(const Key& key);

/// RETURNS: why the configuration's value of `key` cannot stand, or nothing: it is out of the key's domain, or its
/// feature is not built yet.
std::optional<std::string> objection(const Key& key, Config& config);

/// RETURNS: the key as a row of the table in docs/configuration.md.
std::string markdown_row(const Key& key);

}  // namespace triaxis
