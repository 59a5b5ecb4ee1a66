#include "topology/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "topology/placement.h"

namespace triaxis {
namespace {

constexpr int kMostWidth = 100;  // columns; a wider row of devices goes on in the next line
constexpr int kMostDevicesInFrame = 16;
constexpr int kMostNodes = 8;  // more are drawn as the first ones and the last
constexpr int kNodesBeforeGap = 3;
constexpr int kConnectorWidth = 8;  // "── pp ──"

struct Strokes {
  std::string_view line, wall, top_left, top_right, bottom_left, bottom_right, gap;
};

constexpr Strokes kBoxStrokes{"─", "│", "┌", "┐", "└", "┘", "⋮"};
constexpr Strokes kAsciiStrokes{"-", "|", "+", "+", "+", "+", ":"};

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Ranks [first, last), side by side in one node.
struct Frame {
  int first = 0;
  int last = 0;
};

class Drawing {
 public:
  Drawing(const Grid& grid, const Cluster& cluster, const Strokes& strokes);

  std::string draw() const;

 private:
  std::string draw_node(int node) const;
  std::string draw_line(std::span<const Frame> frames, std::string_view title) const;
  std::string draw_value_row(std::span<const Frame> frames, size_t row) const;
  std::string draw_between_nodes(int node) const;
  std::string title_of(const Frame& frame) const;
  std::vector<Frame> frames_of(int node) const;
  Axis changing_axis(int from, int to) const;
  int value(size_t row, int rank) const;
  int fastest_degree() const { return axes_.empty() ? 1 : grid_.degrees()[axes_.front()]; }
  int inner_width(const Frame& frame) const { return (frame.last - frame.first) * cell_width_ + 1; }
  std::string indent(std::string_view label = "") const { return fmt::format(" {:>{}}  ", label, label_width_); }

  const Grid& grid_;
  const Cluster& cluster_;
  const Strokes& strokes_;
  std::vector<Axis> axes_;         // of degree above 1, fastest first
  std::vector<std::string> rows_;  // what a frame tells of each device: its number, its rank, its coordinates
  int label_width_ = 0;
  int cell_width_ = 0;
};

Drawing::Drawing(const Grid& grid, const Cluster& cluster, const Strokes& strokes)
    : grid_(grid), cluster_(cluster), strokes_(strokes), rows_{cluster.device, "rank"} {
  for (Axis axis : grid.order()) {
    if (grid.degrees()[axis] == 1) continue;
    axes_.push_back(axis);
    rows_.emplace_back(short_name(axis));
  }
  size_t label_width = fmt::formatted_size("node {}", cluster.nodes() - 1);
  for (const std::string& row : rows_) label_width = std::max(label_width, row.size());
  label_width_ = static_cast<int>(label_width);
  cell_width_ = std::max(4, static_cast<int>(fmt::formatted_size("{}", grid.ranks() - 1)) + 2);
}

int Drawing::value(size_t row, int rank) const {
  if (row == 0) return location(cluster_, rank).device;
  if (row == 1) return rank;
  return grid_.coordinates(rank)[axes_[row - 2]];
}

// The slowest axis along which two ranks differ; the faster ones have only wrapped around. REQUIRES: they differ.
Axis Drawing::changing_axis(int from, int to) const {
  const Coordinates a = grid_.coordinates(from);
  const Coordinates b = grid_.coordinates(to);
  return *std::find_if(axes_.rbegin(), axes_.rend(), [&](Axis axis) { return a[axis] != b[axis]; });
}

// Groups of the fastest axis are consecutive ranks, so a frame is as much of one as stands in the node.
std::vector<Frame> Drawing::frames_of(int node) const {
  const int begin = node * cluster_.devices_per_node();
  const int end = begin + cluster_.devices_per_node();
  std::vector<Frame> frames;
  for (int rank = begin; rank < end;) {
    const int group_end = (rank / fastest_degree() + 1) * fastest_degree();
    const int last = std::min({group_end, end, rank + kMostDevicesInFrame});
    frames.push_back({rank, last});
    rank = last;
  }
  return frames;
}

std::string Drawing::title_of(const Frame& frame) const {
  if (axes_.empty()) return "";
  std::string title = fmt::format(" {} #{} ", short_name(axes_.front()), frame.first / fastest_degree());
  return static_cast<int>(title.size()) <= inner_width(frame) ? title : "";
}

std::string Drawing::draw_value_row(std::span<const Frame> frames, size_t row) const {
  std::string line = indent(rows_[row]);
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i > 0 && row == 1) {
      line += fmt::format("{0} {1} {0}", repeat(strokes_.line, 2),
                          short_name(changing_axis(frames[i - 1].first, frames[i].first)));
    } else if (i > 0) {
      line += repeat(" ", kConnectorWidth);
    }
    line += strokes_.wall;
    for (int rank = frames[i].first; rank < frames[i].last; ++rank) {
      line += fmt::format("{:>{}}", value(row, rank), cell_width_);
    }
    line += fmt::format(" {}", strokes_.wall);
  }
  return line + "\n";
}

// One line of frames, side by side.
std::string Drawing::draw_line(std::span<const Frame> frames, std::string_view title) const {
  std::string top = indent(title);
  std::string bottom = indent();
  for (const Frame& frame : frames) {
    const std::string_view gap = &frame == &frames.front() ? "" : "        ";
    const std::string name = title_of(frame);
    const int width = inner_width(frame);
    top += fmt::format("{}{}{}{}{}", gap, strokes_.top_left, name,
                       repeat(strokes_.line, width - static_cast<int>(name.size())), strokes_.top_right);
    bottom += fmt::format("{}{}{}{}", gap, strokes_.bottom_left, repeat(strokes_.line, width), strokes_.bottom_right);
  }
  std::string out = top + "\n";
  for (size_t row = 0; row < rows_.size(); ++row) out += draw_value_row(frames, row);
  return out + bottom + "\n";
}

std::string Drawing::draw_node(int node) const {
  const std::vector<Frame> frames = frames_of(node);
  std::string out;
  std::string title = fmt::format("node {}", node);
  for (size_t begin = 0; begin < frames.size();) {
    int width = label_width_ + 3;
    size_t end = begin;
    for (; end < frames.size(); ++end) {
      width += inner_width(frames[end]) + 2 + (end == begin ? 0 : kConnectorWidth);
      if (width > kMostWidth && end > begin) break;
    }
    out += draw_line(std::span(frames).subspan(begin, end - begin), title);
    title.clear();
    begin = end;
  }
  return out;
}

std::string Drawing::draw_between_nodes(int node) const {
  const int pair[] = {node * cluster_.devices_per_node(), (node + 1) * cluster_.devices_per_node()};
  return fmt::format("{}  {} {} over {}\n", indent(), strokes_.wall, short_name(changing_axis(pair[0], pair[1])),
                     link_between(cluster_, pair)->name);
}

std::string Drawing::draw() const {
  const int nodes = cluster_.nodes();
  std::string out;
  for (int node = 0; node < nodes; ++node) {
    if (nodes > kMostNodes && node == kNodesBeforeGap) {
      out += fmt::format("{}  {} nodes {} to {}, ranks {} to {}\n", indent(), strokes_.gap, node, nodes - 2,
                         node * cluster_.devices_per_node(), (nodes - 1) * cluster_.devices_per_node() - 1);
      node = nodes - 1;
    }
    out += draw_node(node);
    if (node + 1 < nodes) out += draw_between_nodes(node);
  }
  return out;
}

}  // namespace

std::string draw_placement(const Grid& grid, const Cluster& cluster, Glyphs glyphs) {
  return Drawing(grid, cluster, glyphs == Glyphs::kAscii ? kAsciiStrokes : kBoxStrokes).draw();
}

}  // namespace triaxis
