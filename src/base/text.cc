#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace triaxis {
namespace {

// The optimal string alignment distance: Levenshtein's, and swapped neighbours count one.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

struct Suffix {
  std::string_view text;
  double scale;
};

constexpr std::array<Suffix, 10> kSuffixes = {{{"", 1},
                                               {"k", 1e3},
                                               {"M", 1e6},
                                               {"G", 1e9},
                                               {"B", 1e9},
                                               {"T", 1e12},
                                               {"KiB", 0x1p10},
                                               {"MiB", 0x1p20},
                                               {"GiB", 0x1p30},
                                               {"TiB", 0x1p40}}};

// Three significant digits in the largest unit that leaves at least one before the point.
std::string format_scaled(double value, double base, std::span<const std::string_view> units) {
  size_t unit = 0;
  // 999.5 would round to "1000", so it moves to the next unit already.
  while (unit + 1 < units.size() && std::abs(value) >= (unit == 0 ? base : base - 0.5)) {
    value /= base;
    ++unit;
  }
  const double size = std::abs(value);
  const int decimals = unit == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", value, decimals, units[unit]);
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::optional<int64_t> parse_size(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || text.front() == '-') return std::nullopt;
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  const auto suffix =
      std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const Suffix& known) { return known.text == rest; });
  if (suffix == kSuffixes.end()) return std::nullopt;
  const double size = std::round(value * suffix->scale);
  const bool whole = std::abs(value * suffix->scale - size) <= 1e-6;
  if (!whole || !(size < 0x1p63)) return std::nullopt;
  return static_cast<int64_t>(size);
}

std::string format_bytes(double bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
  return format_scaled(bytes, 1024, kUnits);
}

std::string format_count(double count) {
  constexpr std::array<std::string_view, 5> kUnits = {"", "k", "M", "B", "T"};
  return format_scaled(count, 1000, kUnits);
}

std::string format_seconds(double seconds) {
  if (seconds < 0.9995) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<int64_t>(std::round(seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  const int64_t minutes = whole / 60;
  if (minutes < 24 * 60) return fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
  const int64_t hours = minutes / 60;
  return fmt::format("{}d{:02}h", hours / 24, hours % 24);
}

}  // namespace triaxis
