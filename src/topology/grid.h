// The grid: which rank stands where along the five axes of parallelism, and which ranks form a group.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// An axis of parallelism. The order here is the canonical one, in which members of a group are counted.
enum class Axis : std::uint8_t { kTensor, kContext, kExpert, kPipeline, kData };

inline constexpr std::array kAxes = {Axis::kTensor, Axis::kContext, Axis::kExpert, Axis::kPipeline, Axis::kData};
inline constexpr std::string_view kDefaultOrder = "tp-cp-ep-pp-dp";

/// The axis as it is written in orders and options: "tp", "cp", "ep", "pp" or "dp".
std::string_view short_name(Axis axis);

/// The axis in words: "tensor", "context", "expert", "pipeline" or "data".
std::string_view long_name(Axis axis);

/// Axes that together span a group, such as data and context for the reduction of gradients.
class AxisSet {
 public:
  constexpr AxisSet(Axis axis) : bits_(1U << static_cast<unsigned>(axis)) {}  // NOLINT: one axis is a set
  constexpr AxisSet(std::initializer_list<Axis> axes) {
    for (Axis axis : axes) bits_ |= AxisSet(axis).bits_;
  }
  constexpr bool contains(Axis axis) const { return (bits_ >> static_cast<unsigned>(axis) & 1U) != 0; }
  constexpr bool operator==(const AxisSet&) const = default;

 private:
  unsigned bits_ = 0;
};

/// One whole number an axis, by name or by `[axis]`.
template <int kInitial>
struct PerAxis {
  int tensor = kInitial;
  int context = kInitial;
  int expert = kInitial;
  int pipeline = kInitial;
  int data = kInitial;

  constexpr int& operator[](Axis axis) {
    switch (axis) {
      case Axis::kTensor:
        return tensor;
      case Axis::kContext:
        return context;
      case Axis::kExpert:
        return expert;
      case Axis::kPipeline:
        return pipeline;
      case Axis::kData:
        break;
    }
    return data;
  }
  constexpr int operator[](Axis axis) const {
    PerAxis copy = *this;
    return copy[axis];
  }
  constexpr bool operator==(const PerAxis&) const = default;
};

using Degrees = PerAxis<1>;      ///< the size of every axis
using Coordinates = PerAxis<0>;  ///< where a rank stands along every axis, counted from 0

/// Reads an order such as "tp-pp-dp", fastest-varying axis first. Throws UserError for an unknown axis, or one named
/// twice.
std::vector<Axis> parse_order(std::string_view text);

/// Ranks in a box of up to five axes; a plain value.
class Grid {
 public:
  /// One rank alone.
  Grid() : Grid(Degrees{}) {}

  /// Throws UserError if a degree is below 1, an axis of degree above 1 is missing from `order`, or the ranks are too
  /// many.
  explicit Grid(const Degrees& degrees, std::string_view order = kDefaultOrder);

  int ranks() const { return ranks_; }
  const Degrees& degrees() const { return degrees_; }

  /// All five axes, fastest first; those that the order left out come last.
  const std::array<Axis, kAxes.size()>& order() const { return order_; }

  /// REQUIRES: 0 <= rank < ranks().
  Coordinates coordinates(int rank) const;

  /// REQUIRES: every coordinate is within its degree.
  int rank(const Coordinates& at) const;

  /// The ranks that differ from `rank` along `axes` alone, itself among them. They are counted in the canonical order
  /// of axes (tensor fastest), whatever the grid's own, so that the i-th member means the same part in every layout.
  std::vector<int> group(int rank, AxisSet axes) const;

  /// The place of `rank` in its `group`.
  int index_in_group(int rank, AxisSet axes) const;

  /// The number of ranks in every group along `axes`.
  int group_size(AxisSet axes) const;

  /// All groups along `axes`, by their smallest rank.
  std::vector<std::vector<int>> groups(AxisSet axes) const;

  bool operator==(const Grid&) const = default;

 private:
  Degrees degrees_;
  std::array<Axis, kAxes.size()> order_ = kAxes;
  int ranks_ = 1;
};

/// "tp 4 x pp 2 x dp 2": the axes of degree above 1 in the grid's order, or "tp 1" if there is none.
std::string describe(const Grid& grid);

}  // namespace triaxis
