#include "topology/grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr int64_t kMostRanks = 1 << 24;

struct AxisNames {
  std::string_view brief;
  std::string_view full;
};

constexpr std::array<AxisNames, kAxes.size()> kNames = {
    {{"tp", "tensor"}, {"cp", "context"}, {"ep", "expert"}, {"pp", "pipeline"}, {"dp", "data"}}};

Axis parse_axis(std::string_view name, std::string_view order) {
  for (Axis axis : kAxes) {
    if (short_name(axis) == name) return axis;
  }
  throw UserError(
      fmt::format("axis order \"{}\": \"{}\" is no axis; write some of tp, cp, ep, pp, dp, fastest first, as in \"{}\"",
                  order, name, kDefaultOrder));
}

bool holds(const std::vector<Axis>& axes, Axis axis) { return std::ranges::find(axes, axis) != axes.end(); }

int checked_ranks(const Degrees& degrees) {
  int64_t ranks = 1;
  for (Axis axis : kAxes) {
    if (degrees[axis] < 1) {
      throw UserError(fmt::format("{} degree {}: must be at least 1", long_name(axis), degrees[axis]));
    }
    ranks *= degrees[axis];
    if (ranks > kMostRanks) throw UserError(fmt::format("the degrees multiply to more than {} ranks", kMostRanks));
  }
  return static_cast<int>(ranks);
}

}  // namespace

std::string_view short_name(Axis axis) { return kNames.at(static_cast<size_t>(axis)).brief; }

std::string_view long_name(Axis axis) { return kNames.at(static_cast<size_t>(axis)).full; }

std::vector<Axis> parse_order(std::string_view text) {
  std::vector<Axis> order;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('-', begin), text.size());
    std::string_view name = text.substr(begin, end - begin);
    Axis axis = parse_axis(name, text);
    if (holds(order, axis)) throw UserError(fmt::format("axis order \"{}\": {} is named twice", text, name));
    order.push_back(axis);
    begin = end + 1;
  }
  return order;
}

Grid::Grid(const Degrees& degrees, std::string_view order) : degrees_(degrees), ranks_(checked_ranks(degrees)) {
  std::vector<Axis> axes = parse_order(order);
  for (Axis axis : kAxes) {
    if (holds(axes, axis)) continue;
    if (degrees[axis] > 1) {
      throw UserError(
          fmt::format("axis order \"{}\": {} has degree {} and must be named; only axes of degree 1 may be left out",
                      order, short_name(axis), degrees[axis]));
    }
    axes.push_back(axis);
  }
  std::ranges::copy(axes, order_.begin());
}

Coordinates Grid::coordinates(int rank) const {
  check(rank >= 0 && rank < ranks_, "rank outside the grid");
  Coordinates at;
  for (Axis axis : order_) {
    at[axis] = rank % degrees_[axis];
    rank /= degrees_[axis];
  }
  return at;
}

int Grid::rank(const Coordinates& at) const {
  int rank = 0;
  int stride = 1;
  for (Axis axis : order_) {
    check(at[axis] >= 0 && at[axis] < degrees_[axis], "coordinate outside the grid");
    rank += at[axis] * stride;
    stride *= degrees_[axis];
  }
  return rank;
}

std::vector<int> Grid::group(int rank, AxisSet axes) const {
  std::vector<int> members;
  Coordinates at = coordinates(rank);
  int size = group_size(axes);
  for (int member = 0; member < size; ++member) {
    int rest = member;
    for (Axis axis : kAxes) {
      if (!axes.contains(axis)) continue;
      at[axis] = rest % degrees_[axis];
      rest /= degrees_[axis];
    }
    members.push_back(this->rank(at));
  }
  return members;
}

int Grid::index_in_group(int rank, AxisSet axes) const {
  Coordinates at = coordinates(rank);
  int index = 0;
  int stride = 1;
  for (Axis axis : kAxes) {
    if (!axes.contains(axis)) continue;
    index += at[axis] * stride;
    stride *= degrees_[axis];
  }
  return index;
}

int Grid::group_size(AxisSet axes) const {
  int size = 1;
  for (Axis axis : kAxes) {
    if (axes.contains(axis)) size *= degrees_[axis];
  }
  return size;
}

std::vector<std::vector<int>> Grid::groups(AxisSet axes) const {
  std::vector<std::vector<int>> groups;
  for (int rank = 0; rank < ranks_; ++rank) {
    if (index_in_group(rank, axes) == 0) groups.push_back(group(rank, axes));
  }
  return groups;
}

std::string describe(const Grid& grid) {
  std::vector<std::string> parts;
  for (Axis axis : grid.order()) {
    if (grid.degrees()[axis] > 1) parts.push_back(fmt::format("{} {}", short_name(axis), grid.degrees()[axis]));
  }
  return parts.empty() ? "tp 1" : fmt::format("{}", fmt::join(parts, " x "));
}

}  // namespace triaxis
