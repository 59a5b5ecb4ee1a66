// A model whose steps take a moment, and which divides by hardly anything, for tests that compare layouts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace triaxis {

/// Settings over the configuration, as --set takes them.
using Sets = std::vector<std::string>;
Sets operator+(Sets left, const Sets& right);

constexpr std::int64_t kSmallSteps = 12;

/// A configuration of 12 steps, on one rank unless `sets` says otherwise.
Config small_config(const Sets& sets);

/// Data, tensor and pipeline degrees as three digits, as uneven stages as they can be.
Sets layout_sets(std::string_view degrees);

/// The tokens of a sequence of the run, any of which may be asked for.
void fill_small(std::int64_t sequence, std::span<std::int32_t> ids, std::span<std::int32_t> targets);

}  // namespace triaxis
